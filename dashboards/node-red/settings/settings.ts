/** Decides how Node-RED is locked: every setting that it is started with, as data, and the file that it reads them from. */

export type LockedSettingsInput = {
  readonly port: number;
  readonly userDir: string;
  /** The package with Fengsui's nodes and examples. */
  readonly nodesDir: string;
  /** bcrypt. */
  readonly editorHash: string;
  /** bcrypt; of pages and addresses that flows offer by HTTP. */
  readonly pagesHash: string;
  readonly credentialSecret: string;
  readonly lang: 'zh-CN' | 'en-US';
};

export const EDITOR_USER = 'fengsui';
export const PAGES_USER = 'flow';
const SESSION_S = 12 * 3_600;
const CONTEXT_FLUSH_S = 5;

/** The editor draws with inline styles and compiles its templates; it may speak to nobody but the Node-RED that served it. */
export const EDITOR_POLICY = [
  "default-src 'self'",
  "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self' blob:",
  "object-src 'none'",
  "base-uri 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const NO_PALETTE = { allowInstall: false, allowUpdate: false, allowUpload: false } as const;

/** `exec` starts programs; a flow that needs one is an administrator's affair, not an editor's. */
export const EXCLUDED_NODES = ['90-exec.js'] as const;

/** Our own nodes first. */
const PALETTE = ['烽燧 Fengsui', 'subflows', 'common', 'function', 'network', 'sequence', 'parser', 'storage'] as const;

const EDITOR_THEME = {
  tours: false,
  projects: { enabled: false },
  multiplayer: { enabled: false },
  palette: { catalogues: [] },
  codeEditor: { lib: 'monaco' },
  header: { title: '烽燧 · Node-RED' },
  page: { title: '烽燧 · Node-RED' },
  // They lead to sites outside the county's network.
  menu: { 'menu-item-help': false, 'menu-item-node-red-version': false },
} as const;

/** What the settings file exports, but for its two functions. */
export function lockedSettings(input: LockedSettingsInput) {
  return {
    uiHost: '127.0.0.1',
    uiPort: input.port,
    userDir: input.userDir,
    nodesDir: [input.nodesDir],
    flowFile: 'flows.json',
    flowFilePretty: true,
    credentialSecret: input.credentialSecret,
    fileWorkingDirectory: input.userDir,
    // A flow goes on after a restart from where it stood.
    contextStorage: { default: { module: 'localfilesystem', config: { flushInterval: CONTEXT_FLUSH_S } } },
    adminAuth: {
      type: 'credentials',
      sessionExpiryTime: SESSION_S,
      users: [{ username: EDITOR_USER, password: input.editorHash, permissions: '*' }],
    },
    httpNodeAuth: { user: PAGES_USER, pass: input.pagesHash },
    apiMaxLength: '5mb',
    lang: input.lang,
    telemetry: { enabled: false, updateNotification: false },
    diagnostics: { enabled: false, ui: false },
    runtimeState: { enabled: false, ui: false },
    externalModules: {
      autoInstall: false,
      palette: NO_PALETTE,
      modules: { allowInstall: false },
    },
    functionExternalModules: false,
    functionTimeout: 10,
    paletteCategories: PALETTE,
    nodesExcludes: EXCLUDED_NODES,
    exportGlobalContextKeys: false,
    tlsConfigDisableLocalFiles: true,
    debugMaxLength: 1_000,
    mqttReconnectTime: 5_000,
    logging: { console: { level: 'info', metrics: false, audit: true } },
    editorTheme: EDITOR_THEME,
  } as const;
}
export type LockedSettings = ReturnType<typeof lockedSettings>;

/**
 * The file's text. Three things in it are functions: the headers of the editor, and two that flows may call by
 * `global.get('sha256')` and `global.get('gbk')`, since no module can be loaded in a function node.
 */
export const settingsText = (settings: LockedSettings): string =>
  `// Written anew at each start by \`fengsui node-red\`: what is changed here is lost.
'use strict';
const { createHash } = require('node:crypto');
const settings = ${JSON.stringify(settings, null, 2)};
settings.httpAdminMiddleware = (_request, response, next) => {
  response.set({
    'Content-Security-Policy': ${JSON.stringify(EDITOR_POLICY)},
    'X-Frame-Options': 'DENY',
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
  });
  next();
};
/** The two bytes of each character of GBK; a board or a modem that knows no UTF-8 wants them. */
let pairs;
const readPairs = () => {
  const decoder = new TextDecoder('gbk', { fatal: true });
  const found = new Map();
  for (let high = 0x81; high < 0xff; high++)
    for (let low = 0x40; low < 0xff; low++)
      try {
        const text = decoder.decode(Uint8Array.of(high, low));
        if ([...text].length === 1 && !found.has(text)) found.set(text, [high, low]);
      } catch {}
  return found;
};
const gbk = (text) => {
  pairs ??= readPairs();
  return Buffer.from([...String(text)].flatMap((one) => (one.codePointAt(0) < 0x80 ? [one.charCodeAt(0)] : (pairs.get(one) ?? [0x3f]))));
};
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
settings.functionGlobalContext = { sha256, gbk };
module.exports = settings;
`;
