// The bar above the notebook: big buttons, what is saved, how full the home is, and the banner for bad news.
import { el, icon } from './dom.js';
import * as words from './words.js';

function button(name, label, press) {
  return el('button', { type: 'button', class: `kk-button kk-${name}`, 'data-kk': name, click: press }, icon(name === 'hand-in' ? 'send' : name), el('span', {}, label));
}

export class Bar {
  constructor({ home, run, stop, restart, handIn, leave }) {
    this.home = home;
    this.saved = el('span', { class: 'kk-saved' }, words.GETTING_READY);
    this.meter = el('meter', { class: 'kk-meter', min: 0, max: 1, low: 0.7, high: 0.9, optimum: 0, hidden: true });
    this.stop = button('stop', words.STOP, stop);
    this.handIn = button('hand-in', words.HAND_IN, handIn);
    this.node = el(
      'header', { class: 'kk-bar' },
      el('a', { class: 'kk-button kk-home', href: home, click: leave }, icon('home'), el('span', {}, words.HOME)),
      el('div', { role: 'group', 'aria-label': words.TOOLS, class: 'kk-tools' }, button('run', words.RUN, run), this.stop, button('restart', words.RESTART, restart)),
      el('div', { class: 'kk-state' }, this.saved, this.meter),
      this.handIn,
    );
    this.banner = el('div', { class: 'kk-banner', role: 'alert' });
    document.body.prepend(this.node, this.banner);
    // Notebook's own area starts below whatever height the bar takes (two rows on a narrow screen).
    new ResizeObserver(() => this.fit()).observe(this.node);
    new ResizeObserver(() => this.fit()).observe(this.banner);
  }

  fit() {
    const height = this.node.offsetHeight + this.banner.offsetHeight;
    document.body.style.setProperty('--kk-top', `${height}px`);
    window.dispatchEvent(new Event('resize'));
  }

  showSaving(state, text) {
    this.saved.dataset.state = state;
    this.saved.replaceChildren(...(state === 'saved' ? [icon('check')] : []), text);
  }

  showRunning(running) {
    this.stop.classList.toggle('kk-active', running);
  }

  showUsage({ used_bytes: used, quota_bytes: quota }) {
    this.meter.hidden = !quota;
    if (!quota) return;
    const megabytes = (bytes) => Math.ceil(bytes / 1048576);
    const said = `${words.USED}: ${words.usage(megabytes(used), megabytes(quota))}`;
    this.meter.value = Math.min(used / quota, 1);
    this.meter.setAttribute('aria-label', said);
    this.meter.title = said;
  }

  // kind: 'trouble' (stays until it is over), 'news' (with a button to close it)
  say(kind, text) {
    if (this.banner.dataset.said === text) return;
    this.banner.dataset.said = text;
    this.banner.dataset.kind = kind;
    const action = kind === 'news'
      ? el('button', { type: 'button', class: 'kk-plain', click: () => this.quiet() }, words.CLOSE)
      : el('a', { class: 'kk-plain', href: this.home, target: '_blank', rel: 'noopener' }, words.OPEN_HOME);
    this.banner.replaceChildren(el('span', {}, text), action);
  }

  quiet() {
    delete this.banner.dataset.said;
    this.banner.replaceChildren();
  }
}

// Asks with the browser's own modal dialog: it keeps the focus inside and Escape means no.
export function confirm(question, said, yes, no) {
  return new Promise((resolve) => {
    const answer = (value) => () => dialog.close(value);
    const dialog = el(
      'dialog', { class: 'kk-dialog', 'aria-labelledby': 'kk-question', close: () => { dialog.remove(); resolve(dialog.returnValue === 'yes'); } },
      el('h2', { id: 'kk-question' }, question),
      el('p', {}, said),
      el('div', { class: 'kk-choices' },
        el('button', { type: 'button', class: 'kk-button kk-plain', click: answer('no') }, no),
        el('button', { type: 'button', class: 'kk-button kk-run', click: answer('yes') }, yes)),
    );
    document.body.append(dialog);
    dialog.showModal();
  });
}
