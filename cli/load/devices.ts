/** Reads a device profile: a YAML file under devices/ becomes a `DeviceFile`, or a list of findings with their places. */
import { isMap, isPair, isScalar, LineCounter, type Node, parseDocument } from 'yaml';
import type { z } from 'zod';
import { checkProfile, type Found, keysOf, type Path } from '#cli/load/device-rules.ts';
import {
  type CATEGORIES,
  type ExampleRow,
  KEY,
  type ProfileRow,
  profileSchema,
  type RegisterRow,
} from '#cli/load/device-schema.ts';
import type { DeviceProfile, RegisterSpec } from '#model/device-profile.ts';
import { err, type Lint, ok, type Result } from '#model/result.ts';

/** A profile with what only the catalogue, the scan and the tests need; an edge is given the profile alone. */
export type DeviceFile = {
  readonly profile: DeviceProfile;
  readonly category: (typeof CATEGORIES)[number];
  readonly verified: boolean;
  /** From the works. */
  readonly unitId: number;
  readonly identity: ProfileRow['identity'];
  readonly examples: readonly ExampleRow[];
};

function specsOf(row: RegisterRow): readonly RegisterSpec[] {
  const { repeat, bits, codes, decimals, write, flatAfterMs, spike, counter, ...plain } = row;
  return keysOf(row).map((key, index) => ({
    ...plain,
    key,
    name: row.name.replaceAll('{n}', String(index + 1)),
    address: row.address + index * (repeat?.step ?? 0),
    counter:
      counter === null
        ? null
        : { modulus: counter.modulus, ...(counter.reset === undefined ? {} : { reset: counter.reset }) },
    ...(bits === undefined ? {} : { bits }),
    ...(codes === undefined
      ? {}
      : { codes: Object.entries(codes).map(([raw, value]): readonly [number, number] => [Number(raw), value]) }),
    ...(decimals === undefined ? {} : { decimals }),
    ...(write === undefined ? {} : { write }),
    ...(flatAfterMs === undefined ? {} : { flatAfterMs }),
    ...(spike === undefined ? {} : { spike }),
  }));
}

/** Line and column of the deepest part of the path that is there; of an unknown key, the key itself. */
function locator(text: string) {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (path: Path): { line: number; column: number } => {
    for (let length = path.length; length >= 0; length--) {
      const parent = document.getIn(path.slice(0, Math.max(0, length - 1)), true) as Node | undefined;
      const last = path[length - 1];
      const pair = isMap(parent)
        ? parent.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === last)
        : undefined;
      const key = pair?.key as Node | undefined;
      const node = key ?? (document.getIn(path.slice(0, length), true) as Node | undefined);
      if (length === 0 && document.contents === null) break;
      if (node?.range == null) continue;
      const { line, col } = lines.linePos(node.range[0]);
      return { line, column: col };
    }
    return { line: 1, column: 1 };
  };
  return { document, lines, at };
}

const pathText = (path: Path): string =>
  path.map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`)).join('');

function issueLints(issue: z.core.$ZodIssue, lint: (found: Found) => Lint): Lint[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  if (issue.code !== 'unrecognized_keys') return [lint({ path, kind: issue.code, message: issue.message })];
  return issue.keys.map((key) =>
    lint({ path: [...path, key], kind: 'unknown-key', message: `unknown key ${key}`, mend: 'remove it' }),
  );
}

const profileId = (file: string): string => file.replace(/^.*[/\\]/, '').replace(/\.ya?ml$/, '');

/** Parses one file; `file` names it (`devices/sl651-rain-gauge.yaml`) and stands in every finding. */
export function parseDeviceFile(file: string, text: string): Result<DeviceFile, readonly Lint[]> {
  const { document, lines, at } = locator(text);
  const lint = (found: Found, place = at(found.path)): Lint => ({
    file,
    ...place,
    path: pathText(found.path),
    kind: found.kind,
    message: found.message,
    ...(found.mend === undefined ? {} : { mend: found.mend }),
    severity: 'error',
  });
  if (document.errors.length > 0)
    return err(
      document.errors.map((error) => {
        const { line, col } = lines.linePos(error.pos[0]);
        return lint({ path: [], kind: 'yaml', message: error.message }, { line, column: col });
      }),
    );
  const id = profileId(file);
  const lints: Lint[] = [];
  if (!KEY.test(id))
    lints.push(lint({ path: [], kind: 'id', message: `the file name ${id} is no token`, mend: 'use A-Z a-z 0-9 _ -' }));
  const parsed = profileSchema.safeParse(document.toJS());
  if (!parsed.success) return err([...lints, ...parsed.error.issues.flatMap((issue) => issueLints(issue, lint))]);
  lints.push(...checkProfile(parsed.data).map((found) => lint(found)));
  if (lints.length > 0) return err(lints);
  const { category, verified, unitId, identity, examples, registers, wholeBytes, alive, ...plain } = parsed.data;
  return ok({
    profile: {
      ...plain,
      ...(wholeBytes === undefined ? {} : { wholeBytes }),
      ...(alive === undefined ? {} : { alive }),
      id,
      registers: registers.flatMap(specsOf),
    },
    category,
    verified,
    unitId,
    identity,
    examples,
  });
}

/** The profile alone. */
export function parseDeviceProfile(file: string, text: string): Result<DeviceProfile, readonly Lint[]> {
  const parsed = parseDeviceFile(file, text);
  return parsed.ok ? ok(parsed.value.profile) : parsed;
}
