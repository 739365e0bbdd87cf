// Shows one run of the crab: from above, with its way, its points and what it saw, forwards, backwards and at its own pace.
import { buttons } from './crab_buttons.js';
import { Stage, drawStrips } from './crab_drawing.js';
import { at, pointsAt, read } from './crab_recording.js';
import { el, icon } from './dom.js';
import * as words from './words.js';

const SPEEDS = [1, 2, 5];
const HIGHEST = 420;
const STRIPS_HIGH = 120;
const SPOKEN_EVERY = 1000;

let playing = null; // one at a time

function styles() {
  const address = new URL('crab.css', import.meta.url).href;
  if ([...document.styleSheets].some((sheet) => sheet.href === address) || document.querySelector('link[data-crab]')) return;
  document.head.append(el('link', { rel: 'stylesheet', href: address, 'data-crab': true }));
}

const seconds = (time) => words.crabSeconds(time.toFixed(1));

export class Replay {
  constructor(given, { program, kernel, fresh }) {
    styles();
    this.recording = read(given);
    this.node = el('div', { class: 'kk-replay', role: 'group', 'aria-label': words.CRAB_REPLAY });
    if (!this.recording) {
      this.node.append(el('p', { class: 'kk-replay-broken' }, words.CRAB_BROKEN));
      return;
    }
    this.index = 0; // in steps; a part of one between two frames
    this.speed = 1;
    this.last = this.recording.count - 1;
    this.spoken = 0;
    this.build({ program, kernel });
    this.watch(fresh && !window.matchMedia('(prefers-reduced-motion: reduce)').matches);
    this.show();
  }

  get now() { return Math.min(this.index, this.last) * this.recording.step; }

  // ------------------------------------------------------------------ what is there
  build({ program, kernel }) {
    const { recording } = this;
    this.canvas = el('canvas', { class: 'kk-crab-field', role: 'img', 'aria-label': this.described() });
    this.stage = new Stage(recording, this.canvas);
    this.points = el('output', { class: 'kk-crab-points' });
    this.events = recording.events.map((event) => el('li', {}, this.told(event)));
    this.strips = el('canvas', { class: 'kk-crab-strips', role: 'img', 'aria-label': words.CRAB_STRIPS });
    this.cursor = el('div', { class: 'kk-crab-cursor', 'aria-hidden': 'true' });
    this.values = el('p', { class: 'kk-crab-values' });
    this.slider = el('input', { type: 'range', min: 0, max: this.last, step: 1, value: 0, 'aria-label': words.CRAB_TIME, class: 'kk-crab-slider', input: () => this.go(Number(this.slider.value)) });
    this.time = el('span', { class: 'kk-crab-time', 'aria-hidden': 'true' });
    this.play = el('button', { type: 'button', class: 'kk-plain kk-crab-play', 'data-crab': 'play', click: () => this.toggle() });
    const step = (name, label, shape, by) => el('button', { type: 'button', class: 'kk-plain', 'data-crab': name, 'aria-label': label, click: () => this.step(by) }, icon(shape));
    this.speeds = SPEEDS.map((speed) => el('button', { type: 'button', class: 'kk-plain', 'data-crab': `speed-${speed}`, click: () => this.setSpeed(speed) }, words.crabSpeed(speed)));
    const side = el(
      'div', { class: 'kk-crab-side' },
      el('p', { class: 'kk-crab-score' }, `${words.POINTS} `, this.points),
      recording.events.length ? el('ol', { class: 'kk-crab-events', 'aria-label': words.CRAB_EVENTS, tabindex: 0 }, ...this.events) : el('p', {}, words.CRAB_NO_EVENTS),
    );
    this.frame = el('div', { class: 'kk-crab-frame' }, this.canvas);
    this.chart = el('div', { class: 'kk-crab-chart' }, this.strips, this.cursor);
    this.node.append(...[
      recording.field.title && el('p', { class: 'kk-crab-title' }, recording.field.title),
      el('div', { class: 'kk-crab-main' }, this.frame, side),
      el('div', { class: 'kk-crab-row' }, step('back', words.CRAB_BACK, 'stepBack', -1), this.play, step('forward', words.CRAB_FORWARD, 'stepForward', 1), this.slider, this.time,
        el('div', { class: 'kk-crab-speeds', role: 'group', 'aria-label': words.CRAB_SPEED }, ...this.speeds)),
      this.legend(), this.chart, this.values,
      buttons({ program, kernel }),
    ].filter(Boolean));
    // Keys pressed here are the replay's, not the notebook's, which looks at the pressed element first.
    for (const control of this.node.querySelectorAll('button, input, [tabindex]')) control.setAttribute('data-lm-suppress-shortcuts', 'true');
    this.node.addEventListener('keydown', (event) => this.key(event));
    this.chart.addEventListener('pointerdown', (event) => this.drag(event));
    this.chart.addEventListener('pointermove', (event) => { if (event.buttons & 1) this.drag(event); });
    this.setSpeed(1);
  }

  legend() {
    const sample = (name, label) => el('span', { class: 'kk-crab-key', 'data-line': name }, label);
    return el('p', { class: 'kk-crab-legend' }, `${words.CRAB_EYES} `, sample('left', words.CRAB_LEFT), sample('right', words.CRAB_RIGHT), ` ${words.CRAB_WHEELS} `, sample('left', words.CRAB_LEFT), sample('right', words.CRAB_RIGHT));
  }

  told({ t, text, points }) {
    return `${seconds(t)} ${text}${points ? ` ${words.crabPoints(points)}` : ''}`;
  }

  described() {
    const { recording } = this;
    const total = pointsAt(recording, Infinity);
    return words.crabDescription(recording.field.title, recording.seconds.toFixed(1), total, words.CRAB_ENDED[recording.ended] ?? '');
  }

  // ------------------------------------------------------------------ the page around it
  watch(begin) {
    let wanted = begin;
    this.sizes = new ResizeObserver(() => this.fit());
    this.sizes.observe(this.frame);
    this.seen = new IntersectionObserver((entries) => {
      if (!entries.at(-1).isIntersecting) this.pause();
      else if (wanted) { wanted = false; this.start(); }
    });
    this.seen.observe(this.node);
    this.hide = () => { if (document.hidden) this.pause(); };
    document.addEventListener('visibilitychange', this.hide);
  }

  fit() {
    const width = this.frame.clientWidth;
    if (!width || width === this.width) return;
    this.width = width;
    const { field } = this.recording;
    const height = Math.round(Math.min(HIGHEST, (width * field.height) / field.width));
    this.frame.style.height = `${height}px`;
    this.stage.resize(width, height);
    drawStrips(this.recording, this.strips, this.chart.clientWidth, STRIPS_HIGH);
    this.stage.draw(this.index);
  }

  end() {
    if (!this.recording) return;
    this.pause();
    this.sizes.disconnect();
    this.seen.disconnect();
    document.removeEventListener('visibilitychange', this.hide);
  }

  // ------------------------------------------------------------------ time
  toggle() { if (playing === this) this.pause(); else this.start(); }

  start() {
    if (this.index >= this.last) this.index = 0;
    playing?.pause();
    playing = this;
    let before = performance.now();
    const tick = (moment) => {
      if (playing !== this) return;
      // A page that was busy does not jump.
      this.index = Math.min(this.last, this.index + (Math.min(Math.max(moment - before, 0), 100) / 1000 / this.recording.step) * this.speed);
      before = moment;
      if (this.index >= this.last) this.pause();
      else { this.show(); this.asked = requestAnimationFrame(tick); }
    };
    this.asked = requestAnimationFrame(tick);
    this.show();
  }

  pause() {
    if (playing !== this) return;
    playing = null;
    cancelAnimationFrame(this.asked);
    this.show();
  }

  go(index) {
    this.pause();
    this.index = Math.min(Math.max(index, 0), this.last);
    this.show();
  }

  step(by) { this.go(by > 0 ? Math.floor(this.index) + by : Math.ceil(this.index) + by); }

  setSpeed(speed) {
    this.speed = speed;
    this.speeds.forEach((button, number) => button.setAttribute('aria-pressed', String(SPEEDS[number] === speed)));
  }

  drag(event) {
    const box = this.chart.getBoundingClientRect();
    this.go(Math.round(((event.clientX - box.left) / box.width) * this.last));
  }

  // Buttons and the slider keep their own keys.
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target === this.slider) return;
    const page = Math.max(1, Math.round(1 / this.recording.step));
    const act = {
      ' ': () => this.toggle(), ArrowLeft: () => this.step(-1), ArrowRight: () => this.step(1),
      PageUp: () => this.step(-page), PageDown: () => this.step(page), Home: () => this.go(0), End: () => this.go(this.last),
    }[event.key];
    if (!act || (event.key === ' ' && event.target.closest('button'))) return;
    event.preventDefault();
    act();
  }

  // ------------------------------------------------------------------ what is seen now
  show() {
    const { recording, now } = this;
    const index = Math.min(Math.floor(this.index), this.last);
    if (this.width) this.stage.draw(Math.min(this.index, this.last));
    const going = playing === this;
    const over = this.index >= this.last;
    this.node.dataset.state = going ? 'playing' : over ? 'over' : 'paused';
    if (this.shown !== this.node.dataset.state) {
      this.shown = this.node.dataset.state;
      const [shape, label] = going ? ['pause', words.CRAB_PAUSE] : over ? ['restart', words.CRAB_AGAIN] : ['run', words.CRAB_PLAY];
      this.play.replaceChildren(icon(shape), el('span', {}, label));
    }
    const points = String(pointsAt(recording, now));
    if (this.points.textContent !== points) this.points.textContent = points;
    recording.events.forEach((event, number) => this.events[number].toggleAttribute('data-later', event.t > now + 1e-6));
    this.time.textContent = `${now.toFixed(1)} / ${recording.seconds.toFixed(1)}`;
    this.cursor.style.left = `${this.last ? (Math.min(this.index, this.last) / this.last) * 100 : 0}%`;
    const value = (name) => Math.round(at(recording.frames[name], index));
    this.values.textContent = words.crabValues(value('left_eye'), value('right_eye'), value('left'), value('right'));
    this.slider.value = String(index);
    if (!going || performance.now() - this.spoken > SPOKEN_EVERY) {
      this.spoken = performance.now();
      this.slider.setAttribute('aria-valuetext', `${seconds(now)} ${words.POINTS} ${points}`);
    }
  }
}
