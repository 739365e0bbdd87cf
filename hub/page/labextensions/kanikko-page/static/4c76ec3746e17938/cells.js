// Says on each cell what it is for: the place to write in, a check, or something to read. nbgrader's metadata decides.
import { el, icon } from './dom.js';
import * as words from './words.js';

const LABELS = {
  write: ['pencil', words.WRITE_HERE],
  check: ['lock', words.CHECK_CELL],
  read: ['lock', words.READ_CELL],
};

function kindOf(model) {
  const nbgrader = model.getMetadata('nbgrader');
  if (nbgrader?.solution || nbgrader?.task) return 'write';
  if (nbgrader?.grade) return 'check';
  if (nbgrader?.locked && model.type === 'code') return 'read';
  return model.type === 'code' ? 'try' : 'text';
}

function mark(cell) {
  if (cell.node.dataset.kk) return;
  const kind = kindOf(cell.model);
  cell.node.dataset.kk = kind;
  // The lesson's own text and checks are not for typing in, whatever the notebook's author left open.
  if (kind !== 'write' && kind !== 'try') cell.readOnly = true;
  if (kind === 'write' && cell.model.type === 'markdown') cell.rendered = false;
  if (LABELS[kind]) {
    const [shape, text] = LABELS[kind];
    const label = el('div', { class: 'kk-label' }, icon(shape), el('span', {}, text));
    // Tab indents in an editor; whoever uses the keyboard alone has to be told the way out.
    if (kind === 'write') label.append(el('span', { class: 'kk-unseen' }, words.WAY_OUT));
    cell.ready.then(() => cell.node.prepend(label)); // the cell lays its own parts out first
  }
}

export function markCells(panel) {
  const all = () => panel.content.widgets.forEach(mark);
  panel.content.activeCellChanged.connect(all);
  panel.context.ready.then(() => {
    all();
    panel.content.model.cells.changed.connect(() => requestAnimationFrame(all));
  });
}

// The cell of a grade_id, and what the child knows it as: the nearest heading above it, furigana left out.
export function findCheck(panel, gradeId) {
  const cells = panel.content.widgets;
  const index = cells.findIndex((cell) => cell.model.getMetadata('nbgrader')?.grade_id === gradeId);
  if (index < 0) return null;
  for (let above = index; above >= 0; above -= 1) {
    const headings = cells[above].node.querySelectorAll('.jp-MarkdownOutput :is(h1, h2, h3, h4)');
    if (headings.length) return { index, title: spoken(headings[headings.length - 1]) };
  }
  return { index, title: '' };
}

function spoken(heading) {
  const copy = heading.cloneNode(true);
  copy.querySelectorAll('rt, rp, .jp-InternalAnchorLink').forEach((node) => node.remove());
  return copy.textContent.trim();
}
