/** The page of scores is what the command gives: nobody edits it by hand, and a changed model shows in it. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { playSkill, recordedData } from '#cli/io/skill.ts';
import { SKILL_SETS } from '#cli/skill/sets.ts';
import { formatLint } from '#model/result.ts';

const top = fileURLToPath(new URL('../../', import.meta.url));
const data = recordedData(top);

describe.skipIf(!existsSync(data))('docs/skill.md', () => {
  it('is what fengsui dev skill writes', { timeout: 300_000 }, () => {
    const page = playSkill(top, data);
    if (!page.ok) throw new Error(page.error.map(formatLint).join('\n'));
    expect(page.value).toBe(readFileSync(`${top}docs/skill.md`, 'utf8'));
    for (const { title } of SKILL_SETS) expect(page.value).toContain(`## ${title}`);
  });
});
