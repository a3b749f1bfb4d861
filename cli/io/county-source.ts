/** The county's folder as the stages take it: the registry, the device profiles and the compiled rule sets, kept up with edits. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseDeviceProfile } from '#cli/load/devices.ts';
import type { Profiles } from '#cli/load/edges.ts';
import { watchCounty } from '#cli/load/io/watch-county.ts';
import type { DeviceProfile } from '#model/device-profile.ts';
import type { Log, Metrics } from '#model/ports.ts';
import type { Registry, RegistryPort } from '#model/registry.ts';
import { err, formatLint, type Lint, ok, type Result } from '#model/result.ts';
import type { CompiledRuleSet } from '#model/rule-set.ts';
import type { Clock } from '#model/time.ts';
import { compileRules } from '#rules/compile.ts';

export type RuleSetsPort = {
  readonly current: () => ReadonlyMap<number, CompiledRuleSet>;
  readonly onChange: (run: () => void) => () => void;
};
export type CountySource = {
  readonly registry: RegistryPort;
  readonly ruleSets: RuleSetsPort;
  readonly profiles: Profiles;
  readonly stop: () => void;
};

/** Where a refused edit is told. */
type Ears = { readonly log: Log; readonly metrics?: Metrics };

const RULES_POLL_MS = 2_000;

const yamlFiles = (dir: string): string[] =>
  existsSync(dir)
    ? readdirSync(dir)
        .filter((name) => name.endsWith('.yaml'))
        .sort()
    : [];

/** Every device profile under a folder, or all findings. */
export function readProfiles(dir: string): Result<Profiles, readonly Lint[]> {
  const lints: Lint[] = [];
  const profiles = new Map<string, DeviceProfile>();
  for (const name of yamlFiles(dir)) {
    const file = join(dir, name);
    const parsed = parseDeviceProfile(relative('', file), readFileSync(file, 'utf8'));
    if (parsed.ok) profiles.set(parsed.value.id, parsed.value);
    else lints.push(...parsed.error);
  }
  return lints.length > 0 ? err(lints) : ok(profiles);
}

export type RuleFile = { readonly file: string; readonly text: string };

/** Rule tests lie beside the rules; what is put in force knows nothing of them. */
const ruleFileNames = (dir: string): string[] => yamlFiles(dir).filter((name) => !name.endsWith('.test.yaml'));

/** The rule files of a county, named as a person in this folder would type them. */
export function readRuleFiles(countyDir: string): readonly RuleFile[] {
  const dir = join(countyDir, 'rules');
  return ruleFileNames(dir).map((name) => ({
    file: relative('', join(dir, name)),
    text: readFileSync(join(dir, name), 'utf8'),
  }));
}

const rulesStamp = (countyDir: string): string => {
  const dir = join(countyDir, 'rules');
  return ruleFileNames(dir)
    .map((name) => {
      const { mtimeMs, size } = statSync(join(dir, name));
      return `${name} ${mtimeMs} ${size}`;
    })
    .join('\n');
};

/** Compiled anew when a rule file or the county changes; what does not compile leaves the last good set in force. */
function watchRules(
  countyDir: string,
  registry: RegistryPort,
  tickMs: number,
  { log, metrics }: Ears,
): Result<RuleSetsPort & { stop: () => void }, readonly Lint[]> {
  const compile = (now: Registry) => compileRules(readRuleFiles(countyDir), now, { tickMs });
  const first = compile(registry.current());
  if (!first.ok) return first;
  let current = first.value;
  let seen = rulesStamp(countyDir);
  const listeners = new Set<() => void>();
  const reload = () => {
    const next = compile(registry.current());
    if (!next.ok) {
      metrics?.count('fengsui_county_refused_total', { part: 'rules' });
      for (const lint of next.error)
        log.error('rules are refused, the last good ones stay in force', { finding: formatLint(lint) });
      return;
    }
    current = next.value;
    log.info('rules loaded anew', { partitions: current.size });
    for (const run of listeners) run();
  };
  const timer = setInterval(() => {
    try {
      const stamp = rulesStamp(countyDir);
      if (stamp === seen) return;
      seen = stamp;
      reload();
    } catch (cause) {
      log.error('rules cannot be read', { cause: String(cause) });
    }
  }, RULES_POLL_MS);
  timer.unref();
  const unsubscribe = registry.onChange(reload);
  return ok({
    current: () => current,
    onChange: (run) => {
      listeners.add(run);
      return () => listeners.delete(run);
    },
    stop: () => {
      clearInterval(timer);
      unsubscribe();
    },
  });
}

/** Loads everything once, which must hold, and watches it. */
export function openCountySource(
  dirs: { readonly countyDir: string; readonly devicesDir: string },
  ctx: Ears & { readonly clock: Clock },
  tickMs: number,
): Result<CountySource, readonly Lint[]> {
  const profiles = readProfiles(dirs.devicesDir);
  if (!profiles.ok) return profiles;
  const county = watchCounty(dirs.countyDir, { ...ctx, profiles: () => profiles.value });
  if (!county.ok) return county;
  const rules = watchRules(dirs.countyDir, county.value, tickMs, ctx);
  if (!rules.ok) {
    county.value.stop();
    return rules;
  }
  return ok({
    registry: county.value,
    ruleSets: rules.value,
    profiles: profiles.value,
    stop: () => {
      rules.value.stop();
      county.value.stop();
    },
  });
}
