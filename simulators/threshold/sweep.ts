/** Tries a scenario in all combinations of what is varied: which level came when, with what lead, and whether it holds. */
import { rankOf } from '#model/level.ts';
import { err, formatLint, type Lint, ok, type Result } from '#model/result.ts';
import type { RuleText } from '#rules/compile.ts';
import { parseScenario } from '#simulators/scenario.ts';
import { judge, type Verdict } from './judge.ts';
import type { County } from './place.ts';
import { type Played, play, type Stage, stageOf } from './play.ts';
import { type Combination, combinationsOf, type Variation, vary } from './vary.ts';

export type ScenarioInput = {
  readonly file: string;
  readonly text: string;
  readonly rules: readonly RuleText[];
  readonly county?: County;
};

export type Simulated = { readonly stage: Stage; readonly played: Played; readonly verdict: Verdict };

/** Reads a scenario and makes it ready to be played; findings with their places. */
export function prepareScenario({ file, text, rules, county }: ScenarioInput): Result<Stage, readonly Lint[]> {
  const scenario = parseScenario(file, text);
  return scenario.ok ? stageOf(file, scenario.value, rules, county) : scenario;
}

/** Plays a scenario straight into the engine and judges it. */
export function simulate(input: ScenarioInput): Result<Simulated, readonly Lint[]> {
  const stage = prepareScenario(input);
  if (!stage.ok) return stage;
  const played = play(stage.value);
  const verdict = judge(stage.value.scenario.story, played.transitions, played.startMs);
  return ok({ stage: stage.value, played, verdict });
}

/** A combination that could not be played has the finding instead, e.g. a red limit below the orange one. */
export type Trial = { readonly values: Combination } & ({ readonly verdict: Verdict } | { readonly finding: string });
export const isPlayed = (trial: Trial): trial is Trial & { readonly verdict: Verdict } => 'verdict' in trial;

/** Undefined when it holds; else what was missed first. */
export const missOf = ({ misses }: Verdict): string | undefined => misses[0]?.expected;

export function simulateAll(
  input: ScenarioInput,
  variations: readonly Variation[],
  onProgress: (done: number, of: number) => void = () => {},
): Result<readonly Trial[], string> {
  const combinations = combinationsOf(variations);
  if (!combinations.ok) return combinations;
  const trials: Trial[] = [];
  for (const values of combinations.value) {
    const varied = vary(input.text, input.rules, variations, values);
    if (!varied.ok) return err(varied.error);
    const done = simulate({ ...input, ...varied.value });
    trials.push(
      done.ok
        ? { values, verdict: done.value.verdict }
        : {
            values,
            finding:
              done.error.filter(({ severity }) => severity === 'error').map(formatLint)[0] ?? 'it cannot be played',
          },
    );
    onProgress(trials.length, combinations.value.length);
  }
  return ok(trials);
}

export type Tally = {
  readonly played: number;
  readonly holding: number;
  readonly falseAlarms: number;
  readonly warned: number;
};

export function tallyOf(trials: readonly Trial[]): Tally {
  const verdicts = trials.filter(isPlayed).map(({ verdict }) => verdict);
  return {
    played: verdicts.length,
    holding: verdicts.filter(({ misses }) => misses.length === 0).length,
    falseAlarms: verdicts.filter(({ falseAlarm }) => falseAlarm).length,
    warned: verdicts.filter(({ highest }) => rankOf(highest) > 0).length,
  };
}
