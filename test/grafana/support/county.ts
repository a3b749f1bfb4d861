/** The shipped county as the boards take it. */
import { readProfiles, readRuleFiles } from '#cli/io/county-source.ts';
import { readCounty } from '#cli/load/io/read-county.ts';
import type { GrafanaCounty } from '#dashboards/grafana/context.ts';
import { compileRules } from '#rules/compile.ts';
import type { Profiles } from '#simulators/threshold/place.ts';

/** Within the duty days of the county's files; boards do not depend on it. */
const NOW_MS = Date.UTC(2026, 10, 1);

export function shippedCounty(): GrafanaCounty & { readonly profiles: Profiles } {
  const profiles = readProfiles('devices');
  if (!profiles.ok) throw new Error('device profiles do not parse');
  const registry = readCounty('county', NOW_MS, profiles.value);
  if (!registry.ok) throw new Error('the county does not parse');
  const ruleSets = compileRules(readRuleFiles('county'), registry.value, { tickMs: 5_000 });
  if (!ruleSets.ok) throw new Error('the rules do not compile');
  return { registry: registry.value, ruleSets: [...ruleSets.value.values()], profiles: profiles.value };
}
