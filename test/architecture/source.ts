/** Reads TypeScript as text: blanks comments and literals, finds every import whatever its form. */

export type Import = {
  readonly specifier: string;
  readonly typeOnly: boolean;
  readonly line: number;
  readonly form: string;
};

const REGEX_MAY_FOLLOW = /(?:^|[=(,:;!&|?{}[\n]|\breturn|\btypeof|\bcase)\s*$/;

/** The same text with the contents of comments, strings, templates and regular expressions replaced by spaces. */
export function blankLiterals(text: string, keepStrings = false): string {
  let out = '';
  let index = 0;
  const templateDepths: number[] = [];
  let depth = 0;
  const blank = (part: string) => part.replace(/[^\n]/g, ' ');
  const take = (end: number, keep: boolean) => {
    out += keep ? text.slice(index, end) : blank(text.slice(index, end));
    index = end;
  };
  const closing = (quote: string): number => {
    let at = index + 1;
    while (at < text.length && text[at] !== quote && text[at] !== '\n') at += text[at] === '\\' ? 2 : 1;
    return at + 1;
  };
  const templateEnd = (from: number): number => {
    let at = from;
    while (at < text.length && text[at] !== '`' && !(text[at] === '$' && text[at + 1] === '{'))
      at += text[at] === '\\' ? 2 : 1;
    if (text[at] === '`') return at + 1;
    templateDepths.push(depth);
    depth++;
    return at + 2;
  };
  while (index < text.length) {
    const char = text[index] ?? '';
    const next = text[index + 1] ?? '';
    if (char === '/' && next === '/') take(Math.max(text.indexOf('\n', index), 0) || text.length, false);
    else if (char === '/' && next === '*') take((text.indexOf('*/', index) + 1 || text.length - 1) + 1, false);
    else if (char === "'" || char === '"') take(closing(char), keepStrings);
    else if (char === '`') take(templateEnd(index + 1), keepStrings);
    else if (char === '/' && REGEX_MAY_FOLLOW.test(out.slice(-12))) take(regexEnd(text, index), false);
    else {
      if (char === '{') depth++;
      if (char === '}') depth--;
      if (char === '}' && templateDepths.at(-1) === depth) {
        templateDepths.pop();
        take(templateEnd(index + 1), keepStrings);
      } else take(index + 1, true);
    }
  }
  return out;
}

function regexEnd(text: string, from: number): number {
  let at = from + 1;
  let inClass = false;
  while (at < text.length && text[at] !== '\n' && (inClass || text[at] !== '/')) {
    if (text[at] === '[') inClass = true;
    if (text[at] === ']') inClass = false;
    at += text[at] === '\\' ? 2 : 1;
  }
  return at + 1;
}

const FORMS: readonly { readonly form: string; readonly pattern: RegExp }[] = [
  { form: 'import', pattern: /\bimport\s+(type\s+)?[\w*{][^;'"`]*?\bfrom\s*(['"])([^'"\n]+)\2/g },
  { form: 're-export', pattern: /\bexport\s+(type\s+)?[*{][^;'"`]*?\bfrom\s*(['"])([^'"\n]+)\2/g },
  { form: 'side-effect import', pattern: /\bimport\s*()(['"])([^'"\n]+)\2/g },
  { form: 'dynamic import', pattern: /\bimport\s*\(\s*()(['"`])([^'"`\n]+)\2/g },
  { form: 'require', pattern: /\brequire\s*\(\s*()(['"`])([^'"`\n]+)\2/g },
  { form: 'worker or file URL', pattern: /\bnew\s+URL\s*\(\s*()(['"`])(\.[^'"`\n]+\.m?ts)\2/g },
];

/** Every module that the text names, type-only ones marked. */
export function findImports(text: string): Import[] {
  const code = blankLiterals(text, true);
  const bare = blankLiterals(text);
  const found: Import[] = [];
  for (const { form, pattern } of FORMS) {
    for (const match of code.matchAll(pattern)) {
      if (bare[match.index] === ' ') continue; // The words stand inside a literal.
      const typeOnly = match[1] !== undefined && match[1] !== '';
      found.push({ specifier: match[3] ?? '', typeOnly, line: code.slice(0, match.index).split('\n').length, form });
    }
  }
  return found;
}

/** Dynamic imports whose target is computed, which no fence can check. */
export function findComputedImports(text: string): number[] {
  const code = blankLiterals(text);
  return [...code.matchAll(/\b(?:import|require)\s*\(\s*[A-Za-z_$(]/g)].map(
    (match) => code.slice(0, match.index).split('\n').length,
  );
}
