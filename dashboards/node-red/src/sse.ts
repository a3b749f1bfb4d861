/** Reads a server-sent event stream piece by piece (WHATWG HTML, 9.2): fields, comments, and events over several pieces. */

export type StreamEvent = { readonly event: string; readonly id: string | null; readonly data: unknown };

/** Longer than any message of the console: whoever sends more is not it. */
const MAX_EVENT_CHARACTERS = 4_194_304;

export type SseParser = { readonly take: (piece: string) => readonly StreamEvent[] };

function parseData(lines: readonly string[]): unknown {
  try {
    return JSON.parse(lines.join('\n')) as unknown;
  } catch {
    return undefined;
  }
}

/** Events whose data are not JSON are dropped; a line without an end that grows too long throws away what it began. */
export function createSseParser(): SseParser {
  let rest = '';
  let event = 'message';
  let id: string | null = null;
  let data: string[] = [];
  let size = 0;

  const takeLine = (line: string): StreamEvent | undefined => {
    if (line === '') {
      const parsed = data.length === 0 ? undefined : parseData(data);
      const made = parsed === undefined ? undefined : { event, id, data: parsed };
      event = 'message';
      id = null;
      data = [];
      size = 0;
      return made;
    }
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') event = value;
    else if (field === 'id') id = value;
    else if (field === 'data' && size <= MAX_EVENT_CHARACTERS) {
      size += value.length;
      data.push(value);
    }
    return undefined;
  };

  return {
    take: (piece) => {
      const lines = (rest + piece).split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop() ?? '';
      if (rest.length > MAX_EVENT_CHARACTERS) rest = '';
      return lines.flatMap((line) => takeLine(line) ?? []);
    },
  };
}
