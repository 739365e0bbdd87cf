// ていしゅつ: sends the lesson and shows, beside the notebook, how far it is, the points, and a hint for each failed check.
import { crab, el, furigana, sign } from './dom.js';
import { findCheck } from './cells.js';
import * as words from './words.js';

const WAIT = 20; // seconds a request for marks stays open
const LONGEST = 180000; // milliseconds after which the child may go on and look again later

const number = (value) => String(Math.round(value * 100) / 100);

export class HandIn {
  constructor({ panel, keeper, ask, bar }) {
    Object.assign(this, { panel, keeper, ask, bar });
    this.busy = false;
    this.body = el('div', { class: 'kk-result-body' });
    this.live = el('p', { class: 'kk-live', role: 'status', 'aria-live': 'polite' });
    this.node = el(
      'aside', { class: 'kk-result', 'aria-label': words.RESULT, hidden: true },
      el('button', { type: 'button', class: 'kk-plain kk-close', click: () => this.close() }, words.CLOSE),
      this.live, this.body,
    );
    document.body.append(this.node);
  }

  open() {
    this.node.hidden = false;
    document.body.classList.add('kk-open');
    window.dispatchEvent(new Event('resize'));
  }

  close() {
    this.node.hidden = true;
    document.body.classList.remove('kk-open');
    window.dispatchEvent(new Event('resize'));
    this.bar.handIn.focus();
  }

  async handIn() {
    if (this.busy) return;
    this.setBusy(true);
    this.open();
    this.wait(words.SENDING, 1);
    try {
      await this.keeper.save();
      const submission = await this.ask('kanikko/submit', { path: this.panel.context.path, wait: 0 });
      await this.follow(submission);
    } catch (error) {
      this.trouble(error, words.RETRY, () => this.handIn());
    } finally {
      this.setBusy(false);
    }
  }

  // From here on the hand-in is safe with the exchange; what goes wrong is only about seeing the marks.
  async follow(submission) {
    this.wait(words.MARKING, 2);
    const until = Date.now() + LONGEST;
    let current = submission;
    while (current.state === 'queued' || current.state === 'grading') {
      if (Date.now() > until) return this.later(submission, words.STILL_MARKING);
      try {
        const asked = Date.now();
        current = await this.ask(`kanikko/submission/${submission.id}?wait=${WAIT}`);
        if (Date.now() - asked < 1000 && current.state !== 'graded') await new Promise((done) => setTimeout(done, 1000));
      } catch (error) {
        return this.later(submission, words.STILL_MARKING);
      }
    }
    return this.show(current);
  }

  later(submission, said) {
    this.live.textContent = said;
    this.body.replaceChildren(crab(false), this.action(words.LOOK_AGAIN, async () => {
      this.setBusy(true);
      await this.follow(submission);
      this.setBusy(false);
    }));
  }

  setBusy(busy) {
    this.busy = busy;
    this.bar.handIn.setAttribute('aria-disabled', String(busy));
  }

  wait(said, step) {
    this.live.textContent = said;
    const bar = el('progress', { max: 3, value: step, 'aria-label': said });
    this.body.replaceChildren(crab(false), bar);
  }

  action(label, press) {
    return el('button', { type: 'button', class: 'kk-button kk-hand-in', click: press }, label);
  }

  trouble(error, label, retry) {
    const told = error.told ?? { message: words.NO_CONNECTION, remedy: '' };
    this.live.textContent = words.FAILED;
    this.body.replaceChildren(
      crab(false), el('p', {}, ...furigana(told.message)), el('p', {}, ...furigana(told.remedy ?? '')), this.action(label, retry),
    );
  }

  show(submission) {
    const { score, max_score: most, cells = [], note } = submission;
    const failed = submission.state === 'failed';
    const waiting = cells.some((cell) => cell.points == null);
    const perfect = !failed && !waiting && score != null && score >= most;
    const said = failed ? words.NOT_MARKED : perfect ? words.PERFECT : words.DONE;
    const points = score == null ? '' : `${number(score)} / ${number(most)} ${words.POINTS}`;
    this.live.replaceChildren(said, el('span', { class: 'kk-unseen' }, ` ${points}`));
    this.body.replaceChildren(crab(perfect));
    if (points && !failed) this.body.append(el('p', { class: 'kk-score', 'aria-hidden': 'true' }, el('b', {}, number(score)), ` / ${number(most)} ${words.POINTS}`));
    if (note) this.body.append(el('p', { class: 'kk-note' }, ...furigana(note)));
    if (cells.length) this.body.append(el('ol', { class: 'kk-checks' }, ...cells.map((cell, index) => this.check(cell, index))));
    if (!perfect) this.body.append(el('p', {}, words.AGAIN));
  }

  check(cell, index) {
    const open = cell.points == null;
    const good = !open && cell.points >= cell.max_points;
    const here = this.panel.context.path.endsWith(`/${cell.notebook}.ipynb`) ? findCheck(this.panel, cell.grade_id) : null;
    const [mark, spoken] = open ? ['…', words.BY_TEACHER] : good ? ['○', words.GOOD] : ['△', words.ALMOST];
    const points = open ? words.BY_TEACHER : `${number(cell.points)} / ${number(cell.max_points)} ${words.POINTS}`;
    const item = el(
      'li', { class: good ? 'kk-good' : 'kk-almost' },
      sign(mark, spoken),
      el('span', { class: 'kk-title' }, here?.title || `${words.QUESTION} ${index + 1}`),
      el('span', { class: 'kk-points' }, points),
    );
    if (!good && !open) item.append(el('p', { class: 'kk-hint' }, ...furigana(cell.hint || words.THINK_AGAIN)));
    if (!good && here) item.append(el('button', { type: 'button', class: 'kk-plain', click: () => this.goTo(here.index) }, words.SHOW));
    return item;
  }

  goTo(index) {
    const notebook = this.panel.content;
    notebook.activeCellIndex = index;
    notebook.activate();
    notebook.activeCell.node.scrollIntoView({ block: 'center' });
  }
}
