import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { HAZARD_MODELS } from '#rules/models/registry.ts';
import { modelTable, TABLE_BEGIN, TABLE_END, withModelTable } from './model-table.ts';

describe('the table of hazard models', () => {
  it('names every model with all its parameters and inputs', () => {
    const table = modelTable();
    expect(HAZARD_MODELS.size).toBeGreaterThan(10);
    for (const { kind, params, roles = [] } of HAZARD_MODELS.values()) {
      const from = table.indexOf(`#### \`${kind}\`\n`);
      expect(from, kind).toBeGreaterThanOrEqual(0);
      const section = table.slice(from).split('\n#### ')[0] ?? '';
      for (const name of Object.keys(params)) expect(section).toContain(`| \`${name}\` |`);
      for (const { role } of roles) expect(section).toContain(`- input \`${role}\``);
    }
  });

  it('stands in docs/rules.md as it is today (fengsui models --write docs/rules.md)', () => {
    const page = readFileSync(new URL('../docs/rules.md', import.meta.url), 'utf8');
    expect(page).toBe(withModelTable(page));
  });

  it('takes the place of what stood between its marks, and of nothing else', () => {
    const page = `before\n${TABLE_BEGIN}\nold\n${TABLE_END}\nafter\n`;
    const now = withModelTable(page) ?? '';
    expect(now.startsWith(`before\n${TABLE_BEGIN}\n\n#### `)).toBe(true);
    expect(now.endsWith(`\n\n${TABLE_END}\nafter\n`)).toBe(true);
    expect(now).not.toContain('old\n');
    expect(withModelTable('no marks')).toBeUndefined();
  });
});
