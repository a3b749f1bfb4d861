/** What docs/protocols/batch.md shows is what the parsers of both sides understand. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseAck, parseCommand } from '#edge/messages.ts';
import { decodeBatch, encodeBatch } from '#model/batch.ts';
import { EDGE_ACTS, type EdgeEvent, parseEdgeEvent } from '#model/edge-event.ts';
import type { EdgeCommand } from '#model/topics.ts';

const text = readFileSync(new URL('../../docs/protocols/batch.md', import.meta.url), 'utf8');
const EVENTS = {
  ...{ clock: 1, gap: 1, drop: 1, bus: 1, unit: 1 },
  ...{ condition: 1, conditions: 1, act: 1, config: 1 },
} satisfies Record<EdgeEvent['kind'], 1>;
const COMMANDS = {
  ...{ status: 1, 'read-now': 1, 'test-output': 1, resend: 1, configure: 1 },
} satisfies Record<EdgeCommand['kind'], 1>;

/** The rows of the table under a heading. */
const rowsUnder = (heading: string): readonly string[] => {
  const part = text.slice(text.indexOf(heading) + heading.length).split(/\n##/)[0] ?? '';
  return part.split('\n').filter((line) => /^\| `/.test(line));
};
const jsonOf = (row: string): string => /^\| `(\{.*?\})` \|/.exec(row)?.[1] ?? '';

describe('docs/protocols/batch.md', () => {
  it('shows a batch and an ack that are understood', () => {
    const [, batch = ''] = /^Example: `(.*)`$/m.exec(text) ?? [];
    const decoded = decodeBatch(batch);
    expect(decoded.ok ? encodeBatch(decoded.value) : decoded.error).toBe(batch);
    const [, ack = ''] = /^`(\{"epoch".*?\})` after/m.exec(text) ?? [];
    expect(parseAck(ack)).toMatchObject({ ok: true });
  });

  it('shows every event that travels, as it is parsed', () => {
    const rows = rowsUnder('### Events');
    const kinds = rows.map((row) => {
      const raw = JSON.parse(jsonOf(row)) as EdgeEvent;
      expect(parseEdgeEvent(raw, 'x'), raw.kind).toEqual({ ok: true, value: raw });
      return raw.kind;
    });
    expect(kinds.sort()).toEqual(Object.keys(EVENTS).sort());
    const acts = rows.find((row) => row.includes('"kind":"act"'));
    for (const act of EDGE_ACTS) expect(acts).toContain(`\`${act}\``);
  });

  it('shows every command, as an edge parses it', () => {
    const rows = rowsUnder('## `…/cmd` and `…/reply`');
    const kinds = rows.map((row) => {
      const json = jsonOf(row);
      if (json === '') return /^\| `([\w-]+)`/.exec(row)?.[1] ?? '';
      expect(parseCommand(json), json).toMatchObject({ ok: true, value: JSON.parse(json) as object });
      return (JSON.parse(json) as EdgeCommand).kind;
    });
    expect(kinds.sort()).toEqual(Object.keys(COMMANDS).sort());
  });
});
