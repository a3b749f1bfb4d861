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
 * The file's text. Two things in it are functions: the headers of the editor, and the one that flows may call by
 * `global.get('sha256')`, since no module can be loaded in a function node.
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
settings.functionGlobalContext = { sha256: (bytes) => createHash('sha256').update(bytes).digest('hex') };
module.exports = settings;
`;
