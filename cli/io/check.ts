/** `fengsui check`: every finding in a county's files at once, with file, line, column and the mend. */
import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { readProfiles, readRuleFiles } from '#cli/io/county-source.ts';
import { inspectCounty } from '#cli/load/io/read-county.ts';
import { formatLint, type Lint } from '#model/result.ts';
import { compileRules } from '#rules/compile.ts';
import { parseScenario } from '#simulators/scenario.ts';
import { scenarioLints } from '#simulators/scenario-lints.ts';

/** Exit code: 0 when nothing is wrong; warnings count with `strict`. */
export function check(
  countyDir: string,
  devicesDir: string,
  options: { readonly strict: boolean; readonly tickMs: number },
): number {
  const lints: Lint[] = [];
  const looked: string[] = [];
  const profiles = readProfiles(devicesDir);
  if (profiles.ok) looked.push(`${profiles.value.size} device profiles`);
  else lints.push(...profiles.error);
  const county = inspectCounty(countyDir, Date.now(), profiles.ok ? profiles.value : undefined);
  lints.push(...county.lints);
  for (const [what, count] of Object.entries(county.looked)) looked.push(`${count} ${what}`);
  const ruleFiles = readRuleFiles(countyDir);
  looked.push(`${ruleFiles.length} rule files`);
  if (county.county !== null) {
    const rules = compileRules(ruleFiles, county.county.registry, { tickMs: options.tickMs });
    if (!rules.ok) lints.push(...rules.error);
  }
  const simulation = join(countyDir, 'simulation.yaml');
  if (existsSync(simulation)) {
    const scenario = parseScenario(relative('', simulation), readFileSync(simulation, 'utf8'));
    if (!scenario.ok) lints.push(...scenario.error);
    else if (county.county !== null && profiles.ok) {
      const simulated = [...county.county.registry.edges.values()].filter(({ origin }) => origin !== 'live');
      lints.push(...scenarioLints(relative('', simulation), simulated, profiles.value, scenario.value));
    }
  }
  for (const lint of lints) console.log(formatLint(lint));
  const errors = lints.filter((lint) => lint.severity === 'error').length;
  console.log(`Looked at ${looked.join(', ')}: ${errors} errors, ${lints.length - errors} warnings.`);
  return errors > 0 || (options.strict && lints.length > 0) ? 1 : 0;
}
