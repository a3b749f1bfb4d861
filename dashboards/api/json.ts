/** Decides whether a request's body is JSON that we take, and where the first fault stands if it is not. */
import { err, ok, type Result } from '#model/result.ts';

export type JsonFault = { readonly line: number; readonly column: number; readonly message: string };

const MAX_DEPTH = 32;
const SPACE = /[\t\n\r ]*/y;
const STRING = /"(?:[^"\\]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
/** Below it are the control characters, which a string may hold only as escapes. */
const FIRST_PRINTABLE = ' ';
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;

/** Walks the text by the grammar; the engine's own message does not always bear a position. */
function findFault(text: string): { readonly at: number; readonly message: string } | null {
  let at = 0;
  const take = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    if (!pattern.test(text)) return false;
    const end = pattern.lastIndex;
    if (pattern === STRING) for (let i = at; i < end; i++) if ((text[i] ?? '') < FIRST_PRINTABLE) return false;
    at = end;
    return true;
  };
  const space = () => take(SPACE);
  const fault = (message: string) => ({ at, message: at >= text.length ? 'the text ends too early' : message });

  function members(depth: number, close: string, one: () => ReturnType<typeof fault> | null) {
    at += 1;
    space();
    if (text[at] === close) {
      at += 1;
      return null;
    }
    for (;;) {
      const bad = one() ?? value(depth + 1);
      if (bad !== null) return bad;
      space();
      const next = text[at];
      if (next !== ',' && next !== close) return fault(`expected , or ${close}`);
      at += 1;
      if (next === close) return null;
    }
  }
  function key() {
    space();
    if (!take(STRING)) return fault('expected a key in double quotes');
    space();
    if (text[at] !== ':') return fault('expected :');
    at += 1;
    return null;
  }
  function value(depth: number): ReturnType<typeof fault> | null {
    if (depth > MAX_DEPTH) return fault(`nested more than ${MAX_DEPTH} deep`);
    space();
    if (text[at] === '{') return members(depth, '}', key);
    if (text[at] === '[') return members(depth, ']', () => null);
    return take(STRING) || take(NUMBER) || take(WORD) ? null : fault('expected a value');
  }
  const bad = value(0);
  if (bad !== null) return bad;
  space();
  return at < text.length ? fault('there is something after the value') : null;
}

export function parseJson(text: string): Result<unknown, JsonFault> {
  const fault = findFault(text);
  if (fault === null) return ok(JSON.parse(text) as unknown);
  const before = text.slice(0, fault.at).split('\n');
  return err({ line: before.length, column: (before.at(-1)?.length ?? 0) + 1, message: fault.message });
}
