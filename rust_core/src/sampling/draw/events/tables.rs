//! The alias tables of all tasks: shared by equal laws, serving two tasks each where that stays small.

use std::collections::HashMap;

use crate::rng::Stream;
use crate::sampling::draw::events::alias_pairs::{AliasTable, can_pair};
use crate::sampling::draw::streams::Streams;

/// The most bytes of alias tables that serve two tasks each.
const MAX_PAIRED_BYTES: usize = 1 << 25;

/// One table and the first of the one or two tasks it serves.
#[derive(Debug)]
struct Group {
    table: usize,
    /// The first of its tasks.
    first: usize,
}

/// The tables of all tasks for one kind of bin.
#[derive(Debug)]
pub struct Tables {
    /// In the order of their tasks.
    groups: Vec<Group>,
    tables: Vec<AliasTable>,
}

impl Tables {
    /// Tables for the bins of every task: shared by equal laws, paired where that stays small.
    pub fn new<B>(bins: &[B], law: &[usize], of: impl Fn(&B) -> &[f64]) -> Self {
        Self::build(law, |a, b| can_pair(of(&bins[a]), of(&bins[b])), bins, MAX_PAIRED_BYTES, &of)
            .or_else(|| Self::build(law, |_, _| false, bins, usize::MAX, &of))
            .expect("the second has no bound")
    }

    /// The bytes they take.
    pub fn bytes(&self) -> usize {
        size_of_val(&*self.groups) + self.tables.iter().map(AliasTable::bytes).sum::<usize>()
    }

    /// Nothing where the tables take more than so many bytes.
    fn build<B>(
        law: &[usize],
        can_pair: impl Fn(usize, usize) -> bool,
        bins: &[B],
        most: usize,
        of: &impl Fn(&B) -> &[f64],
    ) -> Option<Self> {
        let mut known = HashMap::new();
        let (mut groups, mut tables, mut task, mut bytes) = (Vec::new(), Vec::<AliasTable>::new(), 0, 0);
        while task < law.len() {
            let a = law[task];
            let partner = law.get(task + 1).copied().filter(|&b| can_pair(a, b));
            let table = *known.entry((a, partner)).or_insert_with(|| {
                let table = match partner {
                    Some(b) => AliasTable::pair(of(&bins[a]), of(&bins[b])),
                    None => AliasTable::single(of(&bins[a])),
                };
                bytes += table.bytes();
                tables.push(table);
                tables.len() - 1
            });
            if bytes > most {
                return None;
            }
            groups.push(Group { table, first: task });
            task += if partner.is_some() { 2 } else { 1 };
        }
        Some(Self { groups, tables })
    }
}

/// Reads the bins of one task after another in a chunk of trials.
#[derive(Debug)]
pub struct BinReader {
    purpose: u64,
    random: Vec<u32>,
    /// The bins of the one or two tasks of a group, a trial each.
    bins: [Vec<u16>; 2],
    group: usize,
    side: usize,
}

impl BinReader {
    /// Room for a chunk of so many trials, read from the streams of a purpose.
    pub fn new(purpose: u64, trials: usize) -> Self {
        let bins = [vec![0; trials], vec![0; trials]];
        Self { purpose, random: vec![0; trials], bins, group: usize::MAX, side: 0 }
    }

    /// The bins of the current task.
    pub fn bins(&self, trials: usize) -> &[u16] {
        &self.bins[self.side][..trials]
    }

    /// Goes on to task `i` in the first `trials` trials of a chunk; tasks come in order.
    pub fn turn(&mut self, tables: &Tables, streams: &Streams, chunk: u64, i: usize, trials: usize) {
        let next = if i == 0 { 0 } else { self.group.wrapping_add(1) };
        if tables.groups.get(next).is_some_and(|g| g.first == i) {
            self.group = next;
            self.read(tables, trials, streams.of(self.purpose, chunk), streams.tie(self.purpose, chunk));
        }
        self.side = i - tables.groups[self.group].first;
    }

    /// Draws the bins of the group.
    fn read(&mut self, tables: &Tables, trials: usize, stream: Stream, tie: Stream) {
        let table = &tables.tables[tables.groups[self.group].table];
        let start = (self.group * self.random.len()) as u64;
        // Whole blocks of eight, of which a chunk holds a whole number.
        let count = trials.next_multiple_of(8);
        let random = &mut self.random[..count];
        if !table.is_certain() {
            stream.fill_u32(start / 8, random);
        }
        let [first, second] = &mut self.bins;
        table.read(random, &mut first[..count], &mut second[..count], |i| tie.word(start + i as u64));
    }
}
