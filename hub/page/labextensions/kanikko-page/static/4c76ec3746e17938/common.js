// What is the same on every pupil's page comes from the common files, which the browser keeps, and not from the pupil's room:
// Jupyter's settings and Japanese words, and the theme. What cannot change while the page is open is asked for once.
// A server outside the house names no common files: then everything is asked as Notebook asks it.

const files = ({ coreutils }) => coreutils.PageConfig.getOption('kanikkoFiles');

const answer = (content, status = 200) => new Response(JSON.stringify(content), { status, headers: { 'Content-Type': 'application/json' } });

// One reading of a common file, however many ask.
function reader(base) {
  const read = new Map();
  return (name) => {
    if (!read.has(name)) {
      // As the page's preload asks: anonymously, so that the browser takes that one.
      const got = fetch(`${base}/${name}`, { credentials: 'same-origin', mode: 'cors' }).then((response) => {
        if (!response.ok) throw new TypeError(`${name}: ${response.status}`);
        return response.json();
      });
      got.catch(() => read.delete(name));
      read.set(name, got);
    }
    return read.get(name);
  };
}

// Address below the server's own → what answers a GET of it in place of the room.
function answers(read) {
  const settings = async () => (await read('settings.json')).settings;
  return [
    [/^lab\/api\/settings$/, async (query) => answer({
      settings: query.get('ids_only') === 'true' ? (await settings()).map(({ id }) => ({ id })) : await settings(),
    })],
    [/^lab\/api\/settings\/(.+)$/, async (_, id) => {
      const found = (await settings()).find((one) => one.id === id);
      return found ? answer(found) : answer({ message: 'no such settings' }, 404);
    }],
    [/^lab\/api\/translations\/ja_JP$/, async () => answer(await read('words.json'))],
    [/^lab\/api\/translations$/, async () => answer({ data: {}, message: '' })],
    [/^api\/nbconvert$/, async () => answer({})],
    // The page saves every few seconds and keeps no second copies (hub/page/checkpoints.py). One in the list: none is asked to be made.
    [/^api\/contents\/.+\/checkpoints$/, async () => answer([{ id: 'none', last_modified: '1970-01-01T00:00:00Z' }])],
  ];
}

const ONCE = /^api\/(?:me|kernelspecs)$/;

function fetcher(lab) {
  const home = new URL(lab.coreutils.PageConfig.getBaseUrl(), window.location.href);
  const instead = answers(reader(files(lab)));
  const once = new Map();
  const ask = (request) => fetch(request);
  const askOnce = async (place, request) => {
    if (!once.has(place)) {
      const got = ask(request).then((response) => { if (!response.ok) once.delete(place); return response; });
      got.catch(() => once.delete(place));
      once.set(place, got);
    }
    return (await once.get(place)).clone();
  };
  return (request) => {
    const url = new URL(request.url);
    if (request.method !== 'GET' || url.origin !== home.origin || !url.pathname.startsWith(home.pathname)) return ask(request);
    const place = decodeURIComponent(url.pathname.slice(home.pathname.length)).replace(/\/$/, '');
    for (const [pattern, give] of instead) {
      const found = pattern.exec(place);
      if (found) return give(url.searchParams, ...found.slice(1));
    }
    return ONCE.test(place) ? askOnce(place, request) : ask(request);
  };
}

// Every service of Jupyter's asks through these settings. Stands in for @jupyterlab/services-extension:server-settings.
export function serverSettings(lab) {
  const { IServerSettings, ServerConnection } = lab.services;
  return {
    id: 'kanikko-page:server-settings',
    autoStart: true,
    provides: IServerSettings,
    activate: () => ServerConnection.makeSettings(files(lab) ? { fetch: fetcher(lab) } : {}),
  };
}

// Stands in for @jupyterlab/theme-light-extension:plugin, which takes its style sheet from the room.
export function theme(lab) {
  return {
    id: 'kanikko-page:theme',
    autoStart: true,
    requires: [lab.apputils.IThemeManager],
    activate: (_, manager) => {
      const light = { name: 'JupyterLab Light', displayName: 'JupyterLab Light', isLight: true, themeScrollbars: false };
      manager.register({ ...light, load: () => style(files(lab), manager), unload: async () => {} });
    },
  };
}

function style(base, manager) {
  if (!base) return manager.loadCSS('@jupyterlab/theme-light-extension/index.css');
  return new Promise((resolve, reject) => {
    const link = Object.assign(document.createElement('link'), { rel: 'stylesheet', href: `${base}/theme.css` });
    link.onload = () => resolve();
    link.onerror = () => reject(new TypeError('theme.css'));
    document.head.append(link);
  });
}
