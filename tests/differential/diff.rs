//! A readable difference of two transcripts.

/// Lines shown around each change.
const CONTEXT: usize = 2;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Edit {
    Keep,
    Reference,
    Ours,
}

/// The two transcripts as one text: ` ` for common lines, `-` for the reference's, `+` for ours.
pub(crate) fn render(reference: &[String], ours: &[String]) -> String {
    let edits = edits(reference, ours);
    let near = |index: usize| {
        let from = index.saturating_sub(CONTEXT);
        let to = (index + CONTEXT + 1).min(edits.len());
        edits[from..to].iter().any(|(edit, _)| *edit != Edit::Keep)
    };
    let mut out = String::new();
    let mut skipped = false;
    for (index, (edit, line)) in edits.iter().enumerate() {
        if !near(index) {
            skipped = true;
            continue;
        }
        if std::mem::take(&mut skipped) {
            out.push_str("      ...\n");
        }
        let mark = match edit {
            Edit::Keep => ' ',
            Edit::Reference => '-',
            Edit::Ours => '+',
        };
        out.push_str(&format!("    {mark} {line}\n"));
    }
    out
}

/// The shortest edit script, by the longest common subsequence.
fn edits<'l>(left: &'l [String], right: &'l [String]) -> Vec<(Edit, &'l str)> {
    let width = right.len() + 1;
    let mut common = vec![0_u32; (left.len() + 1) * width];
    for i in (0..left.len()).rev() {
        for j in (0..right.len()).rev() {
            common[i * width + j] = if left[i] == right[j] {
                common[(i + 1) * width + j + 1] + 1
            } else {
                common[(i + 1) * width + j].max(common[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut out = Vec::new();
    while i < left.len() || j < right.len() {
        if i < left.len() && j < right.len() && left[i] == right[j] {
            out.push((Edit::Keep, left[i].as_str()));
            (i, j) = (i + 1, j + 1);
        } else if j == right.len()
            || (i < left.len() && common[(i + 1) * width + j] >= common[i * width + j + 1])
        {
            out.push((Edit::Reference, left[i].as_str()));
            i += 1;
        } else {
            out.push((Edit::Ours, right[j].as_str()));
            j += 1;
        }
    }
    out
}
