/** What docs/simulators.md shows is what the simulators understand. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { formatLint } from '#model/result.ts';
import { parseMessage } from '#simulators/messages.ts';
import { parseScenario } from '#simulators/scenario.ts';
import { faultSchema } from '#simulators/scenario-faults.ts';
import { fireSchema, hazardKinds, reservoirSchema, stormSchema } from '#simulators/threshold/schema.ts';
import { simulate } from '#simulators/threshold/sweep.ts';

const text = readFileSync(new URL('../../docs/simulators.md', import.meta.url), 'utf8');

describe('docs/simulators.md', () => {
  it('shows a scenario that parses, with every part of it', () => {
    const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(text) ?? [];
    const parsed = parseScenario('docs/simulators.md', yaml);
    expect(parsed.ok ? [] : parsed.error.map(formatLint)).toEqual([]);
    if (!parsed.ok) return;
    const { sensors, registers, faults, lines } = parsed.value;
    expect([sensors.size, registers.length, faults.length, lines.length]).toEqual([3, 1, 5, 2]);
  });

  it('shows a scenario for thresholds that plays, and what it expects comes', () => {
    const [, , yaml = ''] = /```yaml\n([\s\S]*?)```[\s\S]*?```yaml\n([\s\S]*?)```/.exec(text) ?? [];
    const file = 'county/rules/rainstorm-national.yaml';
    const rules = [{ file, text: readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8') }];
    const done = simulate({ file: 'docs/simulators.md', text: yaml, rules });
    expect(done.ok ? done.value.verdict.misses : done.error.map(formatLint)).toEqual([]);
  });

  it('lists every driver and every course of a hazard with its fields', () => {
    const rows = new Map<string, string>();
    for (const [, name = '', fields = ''] of text.matchAll(/^\| `(\w+)` \|(.*)\|$/gm))
      rows.set(name, `${rows.get(name) ?? ''} ${fields}`);
    const lists = (name: string, keys: readonly string[]) => {
      for (const key of keys) expect(rows.get(name), `${name}.${key}`).toMatch(new RegExp(`\\b${key}\\b`));
    };
    for (const option of hazardKinds({}))
      lists(
        option.shape.kind.value,
        Object.keys(option.shape).filter((key) => key !== 'kind'),
      );
    for (const option of stormSchema.options) lists('storm', [option.shape.shape.value]);
    lists('reservoir', Object.keys(reservoirSchema.shape));
    for (const option of fireSchema.options) lists('fire', Object.keys(option.shape));
  });

  it('lists every fault with the fields that it has beyond whom and when', () => {
    const rows = [...text.matchAll(/^\| (`[^|]+)\|([^|]*)\|/gm)].map(([, names = '', fields = '']) => ({
      names: [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name),
      fields,
    }));
    const common = ['sensor', 'bus', 'unit', 'register', 'atS', 'durationS', 'everyS', 'share', 'fault'];
    for (const option of faultSchema.options) {
      const row = rows.find(({ names }) => names.includes(option.shape.fault.value));
      expect(row, option.shape.fault.value).toBeDefined();
      for (const field of Object.keys(option.shape).filter((key) => !common.includes(key)))
        expect(row?.fields, option.shape.fault.value).toContain(`\`${field}`);
    }
  });

  it('shows messages that are understood', () => {
    const messages = [...text.matchAll(/^\| `(\{ "kind".*\})` \|/gm)].map(
      ([, json = '']) => JSON.parse(json) as object,
    );
    expect(messages).toHaveLength(4);
    for (const message of messages) expect(parseMessage(message)).toMatchObject({ ok: true });
  });
});
