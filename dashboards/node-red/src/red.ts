/** What we use of Node-RED's own interface to nodes (5.x); its package brings no types of its own. */

export type Message = { [key: string]: unknown; payload?: unknown; topic?: unknown; _msgid?: string };
/** One output: a message; several: an array with a place each, null where nothing is sent. */
export type Send = (message: Message | readonly (Message | null)[]) => void;
export type Done = (failure?: Error) => void;
export type Fill = 'red' | 'green' | 'yellow' | 'blue' | 'grey';
export type Status = { readonly fill?: Fill; readonly shape?: 'ring' | 'dot'; readonly text?: string };

export type RedNode = {
  readonly id: string;
  readonly type: string;
  readonly name?: string;
  /** Empty strings where nothing was entered. */
  readonly credentials?: { readonly [key: string]: string | undefined };
  on(event: 'input', run: (message: Message, send: Send, done: Done) => void): void;
  on(event: 'close', run: (removed: boolean, done: () => void) => void): void;
  status(status: Status): void;
  send: Send;
  error(text: string | Error, message?: Message): void;
  warn(text: string): void;
  log(text: string): void;
  context(): { get(key: string): unknown; set(key: string, value: unknown): void };
};

export type AdminRequest = { readonly params: { readonly [key: string]: string | undefined } };
export type AdminResponse = { status(code: number): AdminResponse; json(body: unknown): void };
type AdminStep = (request: AdminRequest, response: AdminResponse, next: () => void) => void;

export type Config = { readonly [key: string]: unknown };
export type Red = {
  readonly nodes: {
    createNode(node: RedNode, config: Config): void;
    registerType(type: string, start: (this: RedNode, config: Config) => void, options?: object): void;
    getNode(id: string): unknown;
  };
  readonly httpAdmin: { post(path: string, ...steps: AdminStep[]): void };
  readonly auth: { needsPermission(permission: string): AdminStep };
  /** A word of the node's own catalogue. */
  _(key: string, values?: { readonly [key: string]: string | number }): string;
};

export const textOf = (config: Config, key: string, otherwise = ''): string => {
  const raw = config[key];
  return typeof raw === 'string' ? raw.trim() : otherwise;
};
export const flagOf = (config: Config, key: string): boolean => config[key] === true || config[key] === 'true';
/** A number within its bounds; what is none, or lies outside, becomes the default. */
export const numberOf = (config: Config, key: string, { min, max, otherwise }: Bounds): number => {
  const raw = config[key];
  const value = typeof raw === 'number' ? raw : typeof raw === 'string' && raw.trim() !== '' ? Number(raw) : Number.NaN;
  return Number.isFinite(value) && min <= value && value <= max ? value : otherwise;
};
export type Bounds = { readonly min: number; readonly max: number; readonly otherwise: number };
/** Names separated by commas, spaces or lines. */
export const namesOf = (config: Config, key: string): readonly string[] =>
  textOf(config, key)
    .split(/[\s,，、;；]+/)
    .filter((name) => name !== '');
