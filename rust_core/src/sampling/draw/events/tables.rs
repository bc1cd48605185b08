//! The alias tables of all tasks: shared by equal laws, serving two tasks each where that stays small.

use std::collections::HashMap;

use crate::rng::Stream;
use crate::sampling::draw::events::bins::Cells;
use crate::sampling::draw::events::paired_alias::{AliasTable, can_pair};

/// The most bytes of alias tables that serve two tasks each.
const MAX_PAIRED_BYTES: usize = 1 << 25;

/// One table and the one or two tasks it serves.
pub struct Group {
    table: usize,
    /// The first of its tasks.
    pub first: usize,
    /// Whether it serves the next task too.
    pub paired: bool,
}

/// The tables of all tasks for one kind of cell.
pub struct Tables {
    /// The groups, in the order of their tasks.
    pub groups: Vec<Group>,
    tables: Vec<AliasTable>,
}

impl Tables {
    /// Tables for the cells of every task: shared by equal laws, paired where that stays small.
    pub fn new(cells: &[Cells], law: &[usize], of: impl Fn(&Cells) -> &[f64]) -> Self {
        let paired = Self::build(law, |a, b| can_pair(of(&cells[a]), of(&cells[b])), cells, &of);
        if paired.tables.iter().map(AliasTable::bytes).sum::<usize>() <= MAX_PAIRED_BYTES {
            return paired;
        }
        Self::build(law, |_, _| false, cells, &of)
    }

    fn build(
        law: &[usize],
        can_pair: impl Fn(usize, usize) -> bool,
        cells: &[Cells],
        of: &impl Fn(&Cells) -> &[f64],
    ) -> Self {
        let mut known = HashMap::new();
        let (mut groups, mut tables, mut task) = (Vec::new(), Vec::new(), 0);
        while task < law.len() {
            let a = law[task];
            let partner = law.get(task + 1).copied().filter(|&b| can_pair(a, b));
            let table = *known.entry((a, partner)).or_insert_with(|| {
                tables.push(match partner {
                    Some(b) => AliasTable::pair(of(&cells[a]), of(&cells[b])),
                    None => AliasTable::single(of(&cells[a])),
                });
                tables.len() - 1
            });
            groups.push(Group { table, first: task, paired: partner.is_some() });
            task += if partner.is_some() { 2 } else { 1 };
        }
        Self { groups, tables }
    }
}

/// Draws the cells of one group for a chunk of trials.
pub struct Reader {
    random: Vec<u32>,
    /// The cells of its one or two tasks, a trial each.
    pub cells: [Vec<u16>; 2],
}

impl Reader {
    /// Room for a chunk.
    pub fn new(trials: usize) -> Self {
        Self { random: vec![0; trials], cells: [vec![0; trials], vec![0; trials]] }
    }

    /// Draws the cells of a group in the first `trials` of a chunk.
    pub fn read(&mut self, tables: &Tables, group: usize, trials: usize, stream: Stream, tie: Stream) {
        let table = &tables.tables[tables.groups[group].table];
        let start = (group * self.random.len()) as u64;
        // Whole blocks of eight, of which a chunk holds a whole number.
        let count = trials.next_multiple_of(8);
        let random = &mut self.random[..count];
        if !table.is_certain() {
            stream.fill_u32(start / 8, random);
        }
        let [first, second] = &mut self.cells;
        table.read(random, &mut first[..count], &mut second[..count], |i| tie.word(start + i as u64));
    }
}
