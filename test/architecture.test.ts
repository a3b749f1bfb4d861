import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { checkFile, isPure, type SourceFile, STAGES } from '#test/architecture/fence.ts';
import { blankLiterals, findImports } from '#test/architecture/source.ts';

const top = fileURLToPath(new URL('..', import.meta.url));
const MAX_LINES = 400;

/** Tracked files and new ones that are not ignored. */
function projectFiles(): SourceFile[] {
  const listed = execFileSync(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', '*.ts', '*.tsx', '*.mjs'],
    { cwd: top, encoding: 'utf8' },
  );
  const paths = [...new Set(listed.split('\0').filter((path) => path !== ''))];
  return paths.flatMap((path) => {
    try {
      return [{ path, text: readFileSync(`${top}/${path}`, 'utf8') }];
    } catch {
      return []; // Deleted, not yet committed.
    }
  });
}

describe('the architecture fence', () => {
  const files = projectFiles();
  const staged = files.filter((file) => STAGES.some((stage) => file.path.startsWith(`${stage}/`)));

  it(`finds nothing to object to in the ${staged.length} files that it looks at, ${staged.filter((file) => isPure(file.path)).length} of them pure`, () => {
    expect(staged.length).toBeGreaterThan(30);
    for (const stage of STAGES)
      expect(
        staged.some((file) => file.path.startsWith(`${stage}/`)),
        `no file of ${stage} was looked at`,
      ).toBe(true);
    const violations = staged.flatMap(checkFile).map(({ path, line, what }) => `${path}:${line}: ${what}`);
    expect(violations).toEqual([]);
  });

  it(`finds no file of more than ${MAX_LINES} lines`, () => {
    const long = files
      .map(({ path, text }) => `${path}: ${text.split('\n').length - 1}`)
      .filter((line) => Number(line.split(': ')[1]) > MAX_LINES);
    expect(long).toEqual([]);
  });

  it('finds the command line light: what a command needs is loaded when it is called', () => {
    const texts = new Map(files.map(({ path, text }) => [path, text]));
    const [reached, packages] = [new Set(['cli/main.ts']), new Set<string>()];
    for (const path of reached)
      for (const { specifier, typeOnly, form } of findImports(texts.get(path) ?? '')) {
        if (typeOnly || form === 'dynamic import' || specifier.startsWith('node:')) continue;
        const target = specifier.startsWith('.') ? join(dirname(path), specifier) : specifier.replace(/^#/, '');
        if (texts.has(target)) reached.add(target);
        else packages.add(specifier);
      }
    expect(reached.size).toBeGreaterThan(30);
    expect([...packages]).toEqual(['commander']);
    expect([...reached].filter((path) => /^(rules|ingest|alerts|broker|edge|simulators)\//.test(path))).toEqual([]);
  });

  const planted: readonly {
    readonly name: string;
    readonly path: string;
    readonly text: string;
    readonly says: RegExp;
  }[] = [
    {
      name: 'a relative import of another stage',
      path: 'rules/a.ts',
      text: "import { x } from '../ingest/journal.ts';",
      says: /rules may not know ingest/,
    },
    {
      name: 'a # import of another stage',
      path: 'alerts/io/a.ts',
      text: "import { x } from '#rules/engine.ts';",
      says: /alerts may not know rules/,
    },
    {
      name: 'a type-only import of another stage',
      path: 'broker/io/a.ts',
      text: "import type { X } from '#ingest/verify.ts';",
      says: /broker may not know ingest/,
    },
    {
      name: 'a dynamic import of another stage',
      path: 'edge/io/a.ts',
      text: "const x = await import('#broker/main.ts');",
      says: /edge may not know broker/,
    },
    {
      name: 'a re-export of another stage',
      path: 'dashboards/api/a.ts',
      text: "export { x } from '#alerts/lifecycle.ts';",
      says: /dashboards may not know alerts/,
    },
    {
      name: 'a star re-export',
      path: 'ingest/a.ts',
      text: "export * from '../broker/permissions.ts';",
      says: /ingest may not know broker/,
    },
    {
      name: 'a worker of another stage',
      path: 'ingest/io/a.ts',
      text: "new Worker(new URL('../../rules/io/worker.ts', import.meta.url));",
      says: /ingest may not know rules/,
    },
    {
      name: 'the edge using more than the pure engine of rules',
      path: 'edge/a.ts',
      text: "import { x } from '#rules/io/store.ts';",
      says: /pure engine of rules only/,
    },
    {
      name: 'model importing a stage',
      path: 'model/a.ts',
      text: "import { x } from '#edge/modbus/crc.ts';",
      says: /model may not know edge/,
    },
    {
      name: 'a node: module in a pure root',
      path: 'rules/a.ts',
      text: "import { readFileSync } from 'node:fs';",
      says: /node:fs in a pure file/,
    },
    {
      name: 'a builtin without its prefix in a pure root',
      path: 'rules/a.ts',
      text: "import fs from 'fs';",
      says: /fs in a pure file/,
    },
    {
      name: 'a multi-line import of a node: module',
      path: 'rules/a.ts',
      text: "import {\n  a,\n  b,\n} from 'node:os';",
      says: /node:os in a pure file/,
    },
    {
      name: 'require in a pure root',
      path: 'rules/a.ts',
      text: "const fs = require('node:fs');",
      says: /require of node:fs/,
    },
    {
      name: 'a pure file that uses an impure one',
      path: 'rules/a.ts',
      text: "import { x } from './io/store.ts';",
      says: /a pure file uses an impure one/,
    },
    {
      name: 'a package with I/O in a pure root',
      path: 'alerts/a.ts',
      text: "import express from 'express';",
      says: /package express in a pure file/,
    },
    {
      name: 'Date.now in a pure root',
      path: 'alerts/a.ts',
      text: 'export const at = () => Date.now();',
      says: /reads the clock/,
    },
    {
      name: 'new Date() in a pure root',
      path: 'alerts/a.ts',
      text: 'export const at = () => new Date();',
      says: /reads the clock/,
    },
    {
      name: 'performance.now in a pure root',
      path: 'model/a.ts',
      text: 'const t = performance.now();',
      says: /reads the clock/,
    },
    {
      name: 'randomness in a pure root',
      path: 'model/a.ts',
      text: 'const r = Math.random();',
      says: /uses randomness/,
    },
    {
      name: 'the environment in a pure root',
      path: 'cli/a.ts',
      text: "const home = process.env['HOME'];",
      says: /environment/,
    },
    { name: 'a timer in a pure root', path: 'edge/a.ts', text: 'setTimeout(() => {}, 5);', says: /uses timers/ },
    {
      name: 'the network in a pure root',
      path: 'edge/a.ts',
      text: "await fetch('http://localhost');",
      says: /does I\/O/,
    },
    {
      name: 'a computed import in a pure root',
      path: 'rules/a.ts',
      text: 'const x = await import(name);',
      says: /computed dynamic import/,
    },
    {
      name: 'a clock inside a template',
      path: 'rules/a.ts',
      text: 'const s = `at ${Date.now()}`;',
      says: /reads the clock/,
    },
  ];
  it.each(planted)('objects to $name', ({ path, text, says }) => {
    expect(
      checkFile({ path, text })
        .map((violation) => violation.what)
        .join('\n'),
    ).toMatch(says);
  });

  const allowed: readonly { readonly name: string; readonly path: string; readonly text: string }[] = [
    { name: 'model from any stage', path: 'rules/a.ts', text: "import { ok } from '#model/result.ts';" },
    { name: 'the pure engine from the edge', path: 'edge/a.ts', text: "import { x } from '#rules/engine.ts';" },
    {
      name: 'a type from node: in a pure root',
      path: 'rules/a.ts',
      text: "import type { Buffer } from 'node:buffer';",
    },
    { name: 'effects in io/', path: 'rules/io/a.ts', text: "import { readFileSync } from 'node:fs'; Date.now();" },
    {
      name: 'a given instant made a date',
      path: 'rules/a.ts',
      text: 'export const iso = (atMs: number) => new Date(atMs).toISOString();',
    },
    {
      name: 'words in comments and strings',
      path: 'rules/a.ts',
      text: "// Date.now() is forbidden\nconst s = 'process.env';\n/* import x from '#ingest/a.ts' */",
    },
    { name: 'anything from cli', path: 'cli/io/a.ts', text: "import { startRules } from '#rules/main.ts';" },
  ];
  it.each(allowed)('allows $name', ({ path, text }) => {
    expect(checkFile({ path, text })).toEqual([]);
  });
});

describe('reading source text', () => {
  it('keeps the line numbers while blanking literals', () => {
    const text = "const a = 'x';\n/* two\nlines */ const b = `t ${a} u`;\nconst c = /['\"]/;";
    const code = blankLiterals(text);
    expect(code.split('\n').length).toBe(4);
    expect(code).not.toMatch(/two|['"]x/);
    expect(code).toContain('a');
  });

  it('finds every import form once', () => {
    const text =
      "import a from 'p1';\nimport type { B } from 'p2';\nimport 'p3';\nexport { c } from 'p4';\nconst d = await import('p5');";
    expect(
      findImports(text)
        .map(({ specifier }) => specifier)
        .sort(),
    ).toEqual(['p1', 'p2', 'p3', 'p4', 'p5']);
  });
});
