// Keeps the child's work: saves by itself, says so, and waits out a lost connection.
// Saving goes straight to the contents service: the document's own save() opens English dialogs when the net is away.
import * as words from './words.js';

const AFTER_TYPING = 2000; // milliseconds after the last key …
const AT_THE_LATEST = 6000; // … and after the first one
const PATIENCE = 15000;
const AWAY = new Set([401, 403, 424, 502, 503, 504]); // the proxy's and hub's words for: not this room, not now

function within(promise, milliseconds) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new TypeError('no answer')), milliseconds);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

export class Keeper {
  constructor({ panel, bar, manager, ask }) {
    Object.assign(this, { panel, bar, manager, ask });
    this.changes = 0; // counts edits, so that one made while a save is under way is not forgotten
    this.kept = 0;
    this.firstUnsaved = 0;
    this.saving = null;
    this.lost = false;
    panel.context.ready.then(() => this.watch());
  }

  watch() {
    const { panel } = this;
    panel.context.model.contentChanged.connect(() => this.touch());
    panel.sessionContext.connectionStatusChanged.connect((_, status) => { if (status !== 'connected') this.suspect(); });
    window.addEventListener('offline', () => this.lose(words.OFFLINE));
    window.addEventListener('online', () => this.look());
    document.addEventListener('visibilitychange', () => { if (document.hidden && this.unsaved) this.save().catch(() => {}); });
    this.show();
    this.look();
    setInterval(() => { if (!document.hidden && !this.lost) this.look(); }, 60000 + Math.random() * 15000);
  }

  get unsaved() { return this.changes !== this.kept; }

  touch() {
    this.changes += 1;
    this.firstUnsaved ||= Date.now();
    this.show();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save().catch(() => {}), Math.max(0, Math.min(AFTER_TYPING, this.firstUnsaved + AT_THE_LATEST - Date.now())));
  }

  show() {
    if (this.lost) this.bar.showSaving('lost', words.NOT_SAVED);
    else if (this.saving) this.bar.showSaving('saving', words.SAVING);
    else if (this.unsaved) this.bar.showSaving('unsaved', words.UNSAVED);
    else this.bar.showSaving('saved', words.SAVED);
  }

  // Resolves when all that was typed up to now is on the disk; rejects when it could not be saved.
  async save() {
    if (this.saving) await this.saving.catch(() => {});
    if (!this.unsaved) return;
    clearTimeout(this.timer);
    this.saving = this.write().finally(() => { this.saving = null; this.show(); });
    this.show();
    await this.saving;
  }

  async write() {
    const { model, path } = this.panel.context;
    const upTo = this.changes;
    try {
      await within(this.manager.contents.save(path, { type: 'notebook', format: 'json', content: model.toJSON() }), PATIENCE);
    } catch (error) {
      this.failed(error);
      throw error;
    }
    this.kept = upTo;
    this.firstUnsaved = this.unsaved ? Date.now() : 0;
    if (!this.unsaved) model.dirty = false;
    if (this.bar.banner.dataset.kind === 'refused') this.bar.quiet();
  }

  failed(error) {
    const status = error.response?.status;
    if (status === undefined || AWAY.has(status)) {
      this.lose(status === 401 || status === 403 ? words.SIGNED_OUT : words.OFFLINE);
      return;
    }
    this.bar.say('refused', status === 507 || /space|quota/i.test(error.message) ? words.DISK_FULL : words.REFUSED);
    this.timer = setTimeout(() => this.save().catch(() => {}), 10000);
  }

  suspect() {
    clearTimeout(this.doubt);
    this.doubt = setTimeout(() => this.look(), 500);
  }

  // Is the room there? The answer also says how full the home is.
  async look() {
    try {
      const answer = await within(this.ask('kanikko/usage'), 8000);
      this.bar.showUsage(answer);
      if (this.lost) await this.regain();
    } catch (error) {
      const { status } = error;
      if (status === undefined || AWAY.has(status)) this.lose(status === 401 || status === 403 ? words.SIGNED_OUT : words.OFFLINE);
    }
  }

  lose(said) {
    this.lost = true;
    this.bar.say('trouble', said);
    this.show();
    clearTimeout(this.again);
    this.again = setTimeout(() => this.look(), 1500 + Math.random() * 2000); // forty tablets come back at different moments
  }

  async regain() {
    this.lost = false;
    this.bar.quiet();
    await this.save();
    this.show();
    if (await this.reviveKernel()) this.bar.say('news', words.FRESH_KERNEL);
  }

  // True if the kernel had gone and a new, empty one was started.
  async reviveKernel() {
    const context = this.panel.sessionContext;
    await this.manager.sessions.refreshRunning();
    const kernel = context.session?.kernel;
    if (kernel && !kernel.isDisposed && kernel.status !== 'dead') {
      if (kernel.connectionStatus !== 'connected') await kernel.reconnect();
      return false;
    }
    await context.changeKernel({ name: context.kernelPreference.name || 'python3' });
    return true;
  }
}
