// The federated container that JupyterLab's loader asks for. Hand-written: no build step, no Node.js.
// The folder's name is a hash of its content (hub/page/seal.py), because the server lets browsers keep these files for ever.
(() => {
  'use strict';
  const NAME = 'kanikko-page';
  const HERE = new URL('.', document.currentScript.src).href;
  let shared = {};

  // A package may be offered in several copies; only the one the host itself runs shares its tokens with us.
  async function use(name) {
    const copies = Object.values(shared[name] ?? {});
    if (!copies.length) throw new Error(`${NAME}: the host does not share ${name}`);
    const own = (copy) => (copy.loaded ? 2 : 0) + (/CORE|notebook/i.test(copy.from) ? 1 : 0);
    copies.sort((a, b) => own(b) - own(a));
    return (await copies[0].get())();
  }

  async function extension() {
    const names = {
      notebook: '@jupyterlab/notebook',
      apputils: '@jupyterlab/apputils',
      services: '@jupyterlab/services',
      coreutils: '@jupyterlab/coreutils',
      rendermime: '@jupyterlab/rendermime',
      application: '@jupyter-notebook/application',
    };
    const [page, ...packages] = await Promise.all([import(`${HERE}plugins.js`), ...Object.values(names).map(use)]);
    const lab = Object.fromEntries(Object.keys(names).map((key, index) => [key, packages[index]]));
    // Without __esModule the loader takes the whole object for one plugin and the page stays empty.
    return { __esModule: true, default: page.plugins(lab) };
  }

  async function style() {
    const link = document.createElement('link');
    link.rel = 'stylesheet';
    link.href = `${HERE}style.css`;
    document.head.append(link);
    return {};
  }

  const modules = { './extension': extension, './style': style };
  window._JUPYTERLAB = window._JUPYTERLAB ?? {};
  window._JUPYTERLAB[NAME] = {
    init: (scope) => { shared = scope; },
    get: async (name) => {
      const module = await modules[name]();
      return () => module;
    },
  };
})();
