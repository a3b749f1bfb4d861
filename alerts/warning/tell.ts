/**
 * What a warning does to the alert by which it is told: raise it, ask those anew whose grids rise, inform those whose grids
 * fall, end it. The alert's level is the worst of its grids; its history is the ledger, as with any alert.
 */
import type { Alert, AlertCondition, Recipient } from '#model/alert.ts';
import { LEVEL_TEXT, type Level, rankOf } from '#model/level.ts';
import type { Registry } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import { formatInZone } from '#model/time.ts';
import { alertIdOfWarning, type Warning, type WarningArea } from '#model/warning.ts';
import type { Episode, EventDraft, Notice, Outcome, World } from '../episode.ts';
import { policyOf } from '../policy.ts';
import { targetPeople } from '../targeting.ts';
import { joinTexts } from '../wording.ts';
import { type Moved, movedAreas, onlyMoved, worstOf } from './areas.ts';

const both = (zh: string, en: string): Text => ({ zh, en });

/** Named in a sentence; what lies beyond is counted. */
const NAMES_AT_MOST = 6;

const namesOf = (registry: Registry, codes: readonly string[]): Text => {
  const names = codes.slice(0, NAMES_AT_MOST).map((code) => registry.grids.get(code)?.name ?? both(code, code));
  const more = codes.length - names.length;
  return both(
    `${names.map(({ zh }) => zh).join('、')}${more > 0 ? `等${codes.length}处` : ''}`,
    `${names.map(({ en }) => en).join(', ')}${more > 0 ? ` and ${more} more` : ''}`,
  );
};

/** `石桥镇、清溪镇橙色；…`, worst first. */
export function levelsText(areas: readonly Pick<WarningArea, 'gridCode' | 'level'>[], registry: Registry): Text {
  const groups = [...Map.groupBy(areas, ({ level }) => level)].sort(([x], [y]) => rankOf(y) - rankOf(x));
  return joinTexts(
    groups.map(([level, own]) => {
      const names = namesOf(
        registry,
        own.map(({ gridCode }) => gridCode),
      );
      const colour = level === 'none' ? both('解除', 'lifted') : LEVEL_TEXT[level];
      return both(`${names.zh}${colour.zh}`, `${names.en}: ${colour.en}`);
    }),
  );
}

const untilText = ({ expiresAtMs }: Warning, registry: Registry): Text => {
  const at = formatInZone(expiresAtMs, registry.county.zone).slice(0, 16).replace('T', ' ');
  return both(`有效至${at}`, `until ${at}`);
};

/** What people read: what it is, where at which level, until when. */
export const reasonText = (warning: Warning, areas: readonly WarningArea[], registry: Registry): Text =>
  joinTexts([warning.headline, levelsText(areas, registry), untilText(warning, registry)]);

/** Who decreed it stands where a rule would. */
export const ruleOf = (warning: Pick<Warning, 'source'>): string => `warning@${warning.source}`;

const conditionOf = (warning: Warning, level: Level, reason: Text, state: AlertCondition['state']): AlertCondition => ({
  key: `${ruleOf(warning)}|area:${warning.id}`,
  rule: ruleOf(warning),
  level: state === 'cleared' ? 'none' : level,
  state,
  sinceMs: warning.issuedAtMs,
  reason,
  evidence: {
    sensorId: null,
    quantity: null,
    measure: 'warning',
    windowMs: null,
    value: null,
    limit: null,
    limits: [],
    coverage: null,
  },
});

type Said = { readonly by: string; readonly note: string };

const event = (
  alertId: string,
  kind: EventDraft['kind'],
  text: Text,
  said: Said,
  facts: EventDraft['facts'],
  world: World,
): EventDraft => ({ alertId, atMs: world.nowMs, by: said.by, kind, text, facts: { ...facts, note: said.note } });

const factsOf = ({ id, source, message, areas, expiresAtMs, state }: Warning): EventDraft['facts'] => ({
  warning: id,
  source,
  message,
  areas,
  expiresAtMs,
  state,
});

function targetedText(recipients: readonly Recipient[]): Text {
  const names = recipients.map(({ name }) => name);
  const shown = names.slice(0, 20);
  return names.length === 0
    ? both('没有找到应通知的人员', 'nobody was found to be told')
    : both(
        `通知${names.length}人：${shown.join('、')}${names.length > shown.length ? '等' : ''}`,
        `${names.length} people are told: ${shown.join(', ')}${names.length > shown.length ? ' …' : ''}`,
      );
}

const targeted = (alert: Alert, told: readonly Recipient[], said: Said, world: World): EventDraft =>
  event(
    alert.id,
    'targeted',
    targetedText(told),
    { ...said, by: 'alerts' },
    {
      round: alert.round,
      policy: alert.policy,
      recipients: told.map(({ personId, tier, post, gridCode, reason }) => ({
        personId,
        tier,
        post,
        gridCode,
        reason,
      })),
    },
    world,
  );

/** A new warning: everybody in every grid that it touches, and whoever answers above. */
export function raiseWarning(warning: Warning, said: Said, world: World): Outcome {
  const { directory, nowMs } = world;
  const { registry } = directory;
  const level = worstOf(warning.areas) ?? 'blue';
  const reason = reasonText(warning, warning.areas, registry);
  const base: Alert = {
    id: alertIdOfWarning(warning.id),
    subject: { kind: 'area', id: warning.id },
    hazard: warning.hazard,
    origin: warning.origin,
    gridCode: registry.county.code,
    level,
    lifecycle: 'raised',
    condition: 'active',
    shelvedUntilMs: null,
    raisedAtMs: warning.issuedAtMs,
    round: 1,
    acknowledged: null,
    closedAtMs: null,
    recipients: [],
    conditions: [conditionOf(warning, level, reason, 'active')],
    areas: warning.areas,
    policy: policyOf(registry).version,
    peak: level,
    changes: [nowMs],
    version: 0,
  };
  const alert: Alert = { ...base, recipients: targetPeople(base, directory, nowMs) };
  const notice: Notice = { alertId: alert.id, round: 1, step: 1, change: 'raised', from: 'none', to: level, reason };
  return {
    episode: { alert, step: 1, askedAtMs: nowMs },
    events: [
      event(alert.id, 'raised', reason, said, factsOf(warning), world),
      targeted(alert, alert.recipients, said, world),
    ],
    notices: [notice],
  };
}

const movedText = (moved: readonly Moved[], registry: Registry): Text =>
  joinTexts(
    moved.map(({ gridCode, from, to }) => {
      const name = registry.grids.get(gridCode)?.name ?? both(gridCode, gridCode);
      return both(
        `${name.zh}${LEVEL_TEXT[from].zh} → ${LEVEL_TEXT[to].zh}`,
        `${name.en}: ${LEVEL_TEXT[from].en} → ${LEVEL_TEXT[to].en}`,
      );
    }),
  );

/** People of these grids only. */
function peopleOf(alert: Alert, areas: readonly WarningArea[], world: World): readonly Recipient[] {
  const level = worstOf(areas);
  return level === null ? [] : targetPeople({ ...alert, areas, level }, world.directory, world.nowMs);
}

/** A warning that still stands somewhere: `before` is how its alert knows it. */
export function changeWarning(open: Episode, warning: Warning, said: Said, world: World): Outcome {
  const { directory, nowMs } = world;
  const { registry } = directory;
  const before = open.alert;
  const areas = before.areas ?? [];
  const { risen, fallen } = movedAreas(areas, warning.areas, registry);
  const level = worstOf(warning.areas) ?? before.level;
  const standing = warning.areas.filter((area) => area.level !== 'none');
  const reason = reasonText(warning, standing, registry);
  const calm: Alert = {
    ...before,
    level,
    areas: warning.areas,
    conditions: [conditionOf(warning, level, reason, 'active')],
    condition: 'active',
    peak: rankOf(level) > rankOf(before.peak ?? before.level) ? level : (before.peak ?? before.level),
  };
  const wide: Alert = { ...calm, recipients: targetPeople(calm, directory, nowMs) };
  const alert: Alert =
    risen.length === 0 ? wide : { ...wide, round: before.round + 1, lifecycle: 'raised', acknowledged: null };
  const moved = [...risen, ...fallen];
  const text = moved.length === 0 ? reason : joinTexts([movedText(moved, registry), reason]);
  const events = [
    event(alert.id, moved.length === 0 ? 'warning' : 'levelChanged', text, said, factsOf(warning), world),
  ];
  const notices: Notice[] = [];
  let { step } = open;
  const tell = (change: Notice['change'], only: readonly Recipient[], which: readonly Moved[]): void => {
    step += 1;
    const why = joinTexts([movedText(which, registry), reason]);
    notices.push({
      alertId: alert.id,
      round: alert.round,
      step,
      change,
      from: before.level,
      to: level,
      reason: why,
      only,
    });
    events.push(targeted(alert, only, said, world));
  };
  // Whoever is named only is asked anew; the calls of all others go on as they are.
  if (risen.length > 0) tell('worsened', peopleOf(alert, onlyMoved(risen, 'to', warning.areas, nowMs), world), risen);
  if (fallen.length > 0) tell('lowered', peopleOf(before, onlyMoved(fallen, 'from', areas, nowMs), world), fallen);
  const askedAtMs = risen.length > 0 ? nowMs : open.askedAtMs;
  return { episode: { alert, step, askedAtMs }, events, notices };
}

const END_TEXT: { readonly [S in 'cancelled' | 'expired']: Text } = {
  cancelled: both('预警已解除', 'the warning is lifted'),
  expired: both('预警已到期', 'the warning has run out'),
};

/** Lifted or run out: its condition clears, and whoever was told of it hears so. The alert itself is closed a little later. */
export function endWarning(open: Episode, warning: Warning, said: Said, world: World): Outcome {
  const { directory, nowMs } = world;
  const before = open.alert;
  const what = END_TEXT[warning.state === 'expired' ? 'expired' : 'cancelled'];
  const reason = joinTexts([what, warning.headline]);
  const alert: Alert = {
    ...before,
    condition: 'cleared',
    conditions: [conditionOf(warning, before.level, reason, 'cleared')],
    areas: (before.areas ?? []).map((area): WarningArea => ({ ...area, level: 'none', sinceMs: nowMs })),
  };
  const told = targetPeople(before, directory, nowMs);
  const step = open.step + 1;
  const { id: alertId, round, level } = alert;
  const notice: Notice = { alertId, round, step, change: 'lowered', from: level, to: level, reason, only: told };
  return {
    episode: { ...open, alert, step },
    events: [event(alertId, 'warning', reason, said, factsOf(warning), world)],
    notices: [notice],
  };
}

/** The news of its end has had its time to leave. */
export function closeWarning(open: Episode, world: World): Outcome {
  const alert: Alert = { ...open.alert, lifecycle: 'closed', closedAtMs: world.nowMs };
  const text = both('预警结束，自动办结', 'the warning is over and the alert is closed by itself');
  return {
    episode: { ...open, alert },
    events: [event(alert.id, 'closed', text, { by: 'warning', note: '' }, {}, world)],
    notices: [],
  };
}
