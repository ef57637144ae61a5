//! The vectors of one shelf: 8 bits a component, one after another, scanned whole.
//!
//! A tenant has at most some hundred thousand entries, and a scan of 10,000 takes a fraction of a
//! millisecond, so there is no approximate index here. Entries are rounded to 8 bits, the question only to
//! 13: cosines differ from exact ones by about 0.001. Start at [`Vectors::cosines`].

/// Stands for "this entry has no vector (yet)" in a list of cosines.
pub const ABSENT: f32 = f32::NEG_INFINITY;

/// The question's components are rounded to at most this, so that a sum of 4,096 products fits 32 bits.
const QUERY_MAX: f32 = 4095.0;
const ENTRY_MAX: f32 = 127.0;

/// One vector rounded to 8 bits. Its length is forgotten: only directions are compared.
#[derive(Clone, Debug)]
pub struct RoundedVector {
    components: Box<[i8]>,
    /// Multiplying the integer dot product with this gives the cosine.
    scale: f32,
}

impl RoundedVector {
    /// `None` for an empty, zero or non-finite vector, which has no direction.
    pub fn new(vector: &[f32]) -> Option<RoundedVector> {
        let largest = largest_component(vector)?;
        let components: Box<[i8]> = vector
            .iter()
            .map(|x| (x / largest * ENTRY_MAX).round() as i8)
            .collect();
        let square: i64 = components.iter().map(|x| i64::from(*x) * i64::from(*x)).sum();
        Some(RoundedVector {
            scale: 1.0 / (square as f32).sqrt(),
            components,
        })
    }

    pub fn dimensions(&self) -> usize {
        self.components.len()
    }
}

/// A question's vector, prepared for comparing with many entries.
pub struct QueryVector {
    components: Vec<i16>,
    scale: f32,
}

impl QueryVector {
    /// `None` for a vector without direction.
    pub fn new(vector: &[f32]) -> Option<QueryVector> {
        let largest = largest_component(vector)?;
        let components: Vec<i16> = vector
            .iter()
            .map(|x| (x / largest * QUERY_MAX).round() as i16)
            .collect();
        let square: i64 = components.iter().map(|x| i64::from(*x) * i64::from(*x)).sum();
        Some(QueryVector {
            components,
            scale: 1.0 / (square as f32).sqrt(),
        })
    }
}

fn largest_component(vector: &[f32]) -> Option<f32> {
    let largest = vector.iter().fold(0.0_f32, |largest, x| largest.max(x.abs()));
    let has_direction = largest > 0.0 && vector.iter().all(|x| x.is_finite());
    has_direction.then_some(largest)
}

/// All vectors of a shelf in one block of memory.
#[derive(Default)]
pub struct Vectors {
    dimensions: usize,
    components: Vec<i8>,
    /// 0 where the entry has no vector.
    scales: Vec<f32>,
}

impl Vectors {
    /// Vectors of another size than most (left over from another model) count as absent.
    pub fn new<'a>(rows: impl Iterator<Item = Option<&'a RoundedVector>> + Clone) -> Vectors {
        let dimensions = most_common(rows.clone().flatten().map(RoundedVector::dimensions));
        let mut vectors = Vectors {
            dimensions,
            ..Vectors::default()
        };
        for row in rows {
            match row.filter(|row| row.dimensions() == dimensions) {
                Some(row) => {
                    vectors.components.extend_from_slice(&row.components);
                    vectors.scales.push(row.scale);
                }
                None => {
                    vectors
                        .components
                        .resize(vectors.components.len() + dimensions, 0);
                    vectors.scales.push(0.0);
                }
            }
        }
        vectors
    }

    pub fn len(&self) -> usize {
        self.scales.len()
    }

    /// Entries that have a vector.
    pub fn count(&self) -> usize {
        self.scales.iter().filter(|scale| **scale > 0.0).count()
    }

    pub fn has(&self, row: usize) -> bool {
        self.scales[row] > 0.0
    }

    /// Whether any entry can be compared with this question.
    pub fn fits(&self, query: &QueryVector) -> bool {
        self.dimensions > 0 && query.components.len() == self.dimensions
    }

    /// The cosine of every entry with `query`, [`ABSENT`] where there is none.
    pub fn cosines(&self, query: &QueryVector) -> Vec<f32> {
        self.cosines_from(query, 0)
    }

    /// The same for the entries from `first` on.
    pub fn cosines_from(&self, query: &QueryVector, first: usize) -> Vec<f32> {
        let scales = &self.scales[first..];
        if !self.fits(query) {
            return vec![ABSENT; scales.len()];
        }
        let mut cosines = vec![0.0; scales.len()];
        scan(
            &self.components[first * self.dimensions..],
            &query.components,
            &mut cosines,
        );
        for (cosine, scale) in cosines.iter_mut().zip(scales) {
            *cosine = if *scale > 0.0 {
                *cosine * scale * query.scale
            } else {
                ABSENT
            };
        }
        cosines
    }

    /// An entry's own vector as a question.
    pub fn row_as_query(&self, row: usize) -> Option<QueryVector> {
        self.has(row).then(|| QueryVector {
            components: self.row(row).iter().map(|x| i16::from(*x)).collect(),
            scale: self.scales[row],
        })
    }

    /// An entry's own vector, of length 1; zeros where it has none.
    pub fn direction(&self, row: usize) -> Box<[f32]> {
        let scale = self.scales[row];
        self.row(row).iter().map(|x| f32::from(*x) * scale).collect()
    }

    /// The mean direction of some entries; those without a vector do not count.
    pub fn centroid(&self, rows: &[u32]) -> Option<RoundedVector> {
        let mut sum = vec![0.0; self.dimensions];
        for row in rows.iter().map(|row| *row as usize).filter(|row| self.has(*row)) {
            let scale = self.scales[row];
            sum.iter_mut()
                .zip(self.row(row))
                .for_each(|(sum, x)| *sum += f32::from(*x) * scale);
        }
        RoundedVector::new(&sum)
    }

    fn row(&self, row: usize) -> &[i8] {
        &self.components[row * self.dimensions..(row + 1) * self.dimensions]
    }
}

fn most_common(sizes: impl Iterator<Item = usize>) -> usize {
    let mut counts: Vec<(usize, usize)> = Vec::new();
    for size in sizes {
        match counts.iter_mut().find(|(other, _)| *other == size) {
            Some((_, count)) => *count += 1,
            None => counts.push((size, 1)),
        }
    }
    counts
        .into_iter()
        .max_by_key(|(_, count)| *count)
        .map_or(0, |(size, _)| size)
}

/// The dot product of each row with the query, by the widest instructions this processor has.
fn scan(rows: &[i8], query: &[i16], products: &mut [f32]) {
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512bw") && is_x86_feature_detected!("avx512vl") {
            // SAFETY: the processor has just been asked for these instructions.
            return unsafe { scan_avx512(rows, query, products) };
        }
        if is_x86_feature_detected!("avx2") {
            // SAFETY: as above.
            return unsafe { scan_avx2(rows, query, products) };
        }
    }
    scan_portable(rows, query, products);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
fn scan_avx512(rows: &[i8], query: &[i16], products: &mut [f32]) {
    scan_portable(rows, query, products);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn scan_avx2(rows: &[i8], query: &[i16], products: &mut [f32]) {
    scan_portable(rows, query, products);
}

/// Written so that the compiler turns it into packed multiply-adds for whatever it is inlined into.
#[inline(always)]
fn scan_portable(rows: &[i8], query: &[i16], products: &mut [f32]) {
    for (product, row) in products.iter_mut().zip(rows.chunks_exact(query.len())) {
        let mut sum = 0_i32;
        for (x, q) in row.iter().zip(query) {
            sum += i32::from(i16::from(*x)) * i32::from(*q);
        }
        *product = sum as f32;
    }
}

/// The cosine of two vectors of one model; `None` where they cannot be compared.
pub fn cosine(a: &[f32], b: &[f32]) -> Option<f32> {
    if a.len() != b.len() {
        return None;
    }
    let dot = |one: &[f32], other: &[f32]| one.iter().zip(other).map(|(x, y)| x * y).sum::<f32>();
    let length = (dot(a, a) * dot(b, b)).sqrt();
    (length > 0.0).then(|| dot(a, b) / length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vector(seed: u32) -> Vec<f32> {
        let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
        (0..384)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) as f32 / (1 << 24) as f32 - 0.5
            })
            .collect()
    }

    fn exact(a: &[f32], b: &[f32]) -> f32 {
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f32>();
        dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
    }

    #[test]
    fn cosines_are_within_a_few_thousandths_of_exact_ones() {
        let rows: Vec<Vec<f32>> = (0..50).map(vector).collect();
        let rounded: Vec<_> = rows.iter().map(|row| RoundedVector::new(row)).collect();
        let vectors = Vectors::new(rounded.iter().map(Option::as_ref));
        let query = vector(99);
        let cosines = vectors.cosines(&QueryVector::new(&query).unwrap());
        for (row, cosine) in rows.iter().zip(cosines) {
            assert!((cosine - exact(row, &query)).abs() < 0.003);
        }
    }

    #[test]
    fn entries_without_a_fitting_vector_are_absent() {
        let rows = [
            RoundedVector::new(&[1.0, 0.0]),
            None,
            RoundedVector::new(&[1.0, 0.0, 0.0]),
            RoundedVector::new(&[0.0, 1.0]),
        ];
        let vectors = Vectors::new(rows.iter().map(Option::as_ref));
        let cosines = vectors.cosines(&QueryVector::new(&[1.0, 0.0]).unwrap());
        assert_eq!(cosines, [1.0, ABSENT, ABSENT, 0.0]);
        assert_eq!(vectors.cosines(&QueryVector::new(&[1.0]).unwrap()), [ABSENT; 4]);
    }

    #[test]
    fn a_vector_without_direction_is_refused() {
        assert!(RoundedVector::new(&[0.0; 4]).is_none());
        assert!(RoundedVector::new(&[f32::NAN; 4]).is_none());
        assert!(QueryVector::new(&[]).is_none());
    }
}
