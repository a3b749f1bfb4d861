/** What the policy would make of an alert at a point, worked out by the very functions that tell people, and put in words. */
import type { Recipient } from '#model/alert.ts';
import type { ExplainAsk, ExplainedPerson, PointExplanation } from '#model/explain.ts';
import { LEVEL_TEXT } from '#model/level.ts';
import type { CallRule, ReportRule } from '#model/policy.ts';
import type { Grid, HazardPoint, Registry } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import { formatInZone, MINUTE_MS } from '#model/time.ts';
import type { Directory } from '../directory.ts';
import { firstLine, lineHolds, policyOf } from '../policy.ts';
import { explainTargets, type Target } from '../targeting.ts';
import { HAZARD_TEXT, POST_TEXT, withHazard } from '../wording.ts';
import { chainOf } from './chain.ts';
import { caseOf } from './channels.ts';
import { both } from './claim.ts';
import { type StandInStep, standIns } from './stand-ins.ts';

const postText = (post: Recipient['post']): Text => {
  if (post === 'duty') return both('值班', 'on duty');
  if (post === 'household') return both('叫醒责任人', 'wakes households');
  return post === 'team' ? both('队员', 'team') : POST_TEXT[post];
};

const minutes = (ms: number): Text => {
  const rounded = Math.round(ms / MINUTE_MS);
  return rounded >= 120 && rounded % 60 === 0
    ? both(`${rounded / 60}小时`, `${rounded / 60} h`)
    : both(`${rounded}分钟`, `${rounded} min`);
};

/** Those who come after a silent person, in the order of the policy's steps. */
function explainPerson(
  one: Recipient,
  alert: Target,
  directory: Directory,
  ask: ExplainAsk,
  call: CallRule | undefined,
): ExplainedPerson {
  const asked = new Set([one.personId]);
  const step = (kind: StandInStep) => {
    if (call?.ask !== true || !call.next.includes(kind)) return [];
    const found = standIns(one, alert, directory, ask.atMs, kind, asked);
    for (const { personId } of found) asked.add(personId);
    return found.map(({ personId, name, post, gridCode }) => ({ personId, name, post: postText(post), gridCode }));
  };
  return { ...one, thenDeputies: step('deputy'), thenAbove: step('above') };
}

const nameOf = (grid: Grid | undefined, otherwise: Text): Text => grid?.name ?? otherwise;

function explainReport(rule: ReportRule, chain: readonly Grid[]): PointExplanation['reports'][number] {
  const { id, name, fromTier, to, withinMs, everyMs } = rule;
  const at = chain.findIndex(({ tier }) => tier === fromTier);
  const from = nameOf(chain[at], both('（无此级网格）', '(no grid of that tier)'));
  const target =
    to === 'above' ? nameOf(at < 0 ? undefined : chain[at + 1], both('上级', 'the tier above')) : to.department;
  return { id, name, from, to: target, withinMs, everyMs: everyMs ?? null };
}

const list = (texts: readonly Text[]): Text =>
  both(texts.map(({ zh }) => zh).join('、'), texts.map(({ en }) => en).join(', '));

function personSentence(one: ExplainedPerson): readonly Text[] {
  const order =
    one.channels === undefined
      ? both('全部个人渠道', 'every person channel')
      : both(one.channels.join(' → '), one.channels.join(' → '));
  const lines = [
    both(`${one.name}：${one.reason.zh}。渠道：${order.zh}`, `${one.name}: ${one.reason.en}. Channels: ${order.en}`),
  ];
  const next = [...one.thenDeputies, ...one.thenAbove];
  if (next.length > 0) {
    const names = list(next.map(({ name, post }) => both(`${name}（${post.zh}）`, `${name} (${post.en})`)));
    lines.push(both(`　无应答时依次：${names.zh}`, `  when silent, then: ${names.en}`));
  }
  return lines;
}

const DOES = {
  evacuation: both('自动打开转移清单', 'the evacuation list opens'),
  broadcast: both('启动应急广播和警报器', 'sirens and the broadcast sound'),
  latch: both('等级锁定，须人工复位', 'the level stays until somebody resets it'),
};

type Facts = Omit<PointExplanation, 'sentences'>;

function sentencesOf(facts: Facts, registry: Registry): readonly Text[] {
  const { level, hazard, atMs, pointName, chain, people, gaps, call, reports } = facts;
  const at = formatInZone(atMs, registry.county.zone).slice(0, 16).replace('T', ' ');
  const path = list([...chain].reverse().map(({ name }) => name));
  const sentences = [
    both(
      `${withHazard(pointName.zh, hazard)}${LEVEL_TEXT[level].zh}预警，${at}：通知${people.length}人`,
      `${pointName.en}, ${LEVEL_TEXT[level].en} ${HAZARD_TEXT[hazard].en} at ${at}: ${people.length} people are told`,
    ),
    both(`所在网格：${path.zh}`, `Grids: ${path.en}`),
    ...people.flatMap(personSentence),
  ];
  for (const gap of gaps) sentences.push(both(`空缺：${gap.zh}`, `Vacant: ${gap.en}`));
  if (call?.ask === true) {
    const within = minutes(call.withinMs);
    sentences.push(
      both(
        `叫应：${within.zh}内呼叫${call.tries}次，须应答`,
        `Asked for an answer: ${call.tries} tries in ${within.en}`,
      ),
    );
  } else sentences.push(both('只通知，不要求应答', 'Told only, no answer is asked for'));
  for (const { name, from, to, withinMs, everyMs } of reports) {
    const within = minutes(withinMs);
    const again =
      everyMs === null ? both('', '') : both(`，之后每${minutes(everyMs).zh}`, `, then every ${minutes(everyMs).en}`);
    sentences.push(
      both(
        `${name.zh}：${from.zh} → ${to.zh}，${within.zh}内${again.zh}`,
        `${name.en}: ${from.en} → ${to.en}, within ${within.en}${again.en}`,
      ),
    );
  }
  const { households, householdPeople, needHelp } = facts;
  if (facts.opensEvacuation && households > 0)
    sentences.push(
      both(
        `${DOES.evacuation.zh}：${households}户${householdPeople}人，其中需帮助${needHelp}户`,
        `${DOES.evacuation.en}: ${households} households, ${householdPeople} people; ${needHelp} households need help`,
      ),
    );
  if (facts.broadcasts) sentences.push(DOES.broadcast);
  if (facts.latches) sentences.push(DOES.latch);
  return sentences;
}

const peopleOf = (point: HazardPoint): number => point.households.reduce((sum, { people }) => sum + people, 0);

/** Undefined when the registry has no such point. */
export function explainPoint(directory: Directory, ask: ExplainAsk): PointExplanation | undefined {
  const { registry } = directory;
  const point = registry.points.get(ask.pointId);
  if (point === undefined) return undefined;
  const alert: Target = { subject: { kind: 'point', id: point.id }, level: ask.level, hazard: ask.hazard };
  const { recipients, lines, gaps } = explainTargets(alert, directory, ask.atMs);
  const policy = policyOf(registry);
  const of = caseOf(alert, point.gridCode, directory, ask.atMs);
  const call = firstLine(policy.calls, of);
  const { all } = chainOf(registry, point.gridCode, ask.atMs);
  const facts: Facts = {
    ...ask,
    pointName: point.name,
    chain: all.map(({ code, name }) => ({ gridCode: code, name })),
    policy: policy.version,
    people: recipients.map((one) => explainPerson(one, alert, directory, ask, call)),
    lines,
    gaps: [...new Map(gaps.map((gap) => [gap.zh, gap])).values()],
    call: call === undefined ? null : { ask: call.ask, tries: call.tries, withinMs: call.withinMs, next: call.next },
    reports: policy.reports.filter((rule) => lineHolds(rule, of)).map((rule) => explainReport(rule, all)),
    opensEvacuation: policy.evacuation.some((line) => lineHolds(line, of)),
    households: point.households.length,
    householdPeople: peopleOf(point),
    needHelp: point.households.filter(({ needsHelp }) => (needsHelp?.length ?? 0) > 0).length,
    broadcasts: policy.broadcast.some((line) => lineHolds(line, of)),
    latches: policy.latch.some((line) => lineHolds(line, of)),
  };
  return { ...facts, sentences: sentencesOf(facts, registry) };
}
