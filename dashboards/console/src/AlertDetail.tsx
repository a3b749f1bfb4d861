/** One alert: why it was raised, on which readings, who is told for which reason, what was done, and what can be done. */
import { useEffect, useState } from 'react';
import type { QuantityCode } from '#model/quantity.ts';
import { Actions } from './Actions.tsx';
import { type AlertJson, callAll, type DeliveryJson, type EventJson } from './api.ts';
import { dayTimeText, timeText } from './format.ts';
import { LevelBadge } from './LevelBadge.tsx';
import { useText } from './language.ts';
import { OriginMark } from './OriginMark.tsx';
import { ReadingsChart } from './ReadingsChart.tsx';
import { measureKind } from './series.ts';
import type { State } from './store.ts';
import { CONDITION, DELIVERY, EVENT, HAZARD, LIFECYCLE, PART, POST, SITE, TIER } from './texts.ts';

type Props = { readonly alert: AlertJson; readonly state: State; readonly zone: string; readonly back: () => void };

const HOUR_MS = 3_600_000;
/** Readings are shown from two hours before the window that the rule looked at. */
const BEFORE_MS = 2 * HOUR_MS;

function useLedger(alert: AlertJson) {
  const [events, setEvents] = useState<readonly EventJson[]>([]);
  const [deliveries, setDeliveries] = useState<readonly DeliveryJson[]>([]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new version of the alert means new entries in its ledger.
  useEffect(() => {
    let gone = false;
    const load = async () => {
      const path = `/api/v1/alerts/${encodeURIComponent(alert.id)}`;
      const [found, sent] = await Promise.all([
        callAll<EventJson>(`${path}/events`, 5),
        callAll<DeliveryJson>(`${path}/deliveries`, 5),
      ]);
      if (gone) return;
      if (found.ok) setEvents(found.body);
      if (sent.ok) setDeliveries(sent.body);
    };
    const timer = setTimeout(load, 100);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [alert.id, alert.version]);
  return { events, deliveries };
}

type Condition = AlertJson['conditions'][number];

/** The condition that a chart can show: what stands before what is over (an older version of a rule), the gravest first. */
function chartedOf(alert: AlertJson): Condition | undefined {
  const grade = ['none', 'blue', 'yellow', 'orange', 'red'];
  const isOver = (condition: Condition): number => (condition.state === 'cleared' ? 1 : 0);
  return [...alert.conditions]
    .filter((condition) => condition.evidence.sensorId !== null && condition.evidence.quantity !== null)
    .sort((a, b) => isOver(a) - isOver(b) || grade.indexOf(b.level) - grade.indexOf(a.level))[0];
}

function Why({ alert, zone }: { readonly alert: AlertJson; readonly zone: string }) {
  const { t, s } = useText();
  return (
    <>
      <h3>{t('why')}</h3>
      <ul className="why">
        {alert.conditions.map((condition) => (
          <li key={condition.key}>
            <LevelBadge level={condition.level} />
            <span className={`chip ${condition.state}`}>{s(CONDITION[condition.state])}</span>
            <p>{s(condition.reasonText)}</p>
            <small>
              {s(SITE[condition.site])} · {t('rule')} {condition.rule} · {dayTimeText(condition.sinceMs, zone)}
            </small>
          </li>
        ))}
      </ul>
    </>
  );
}

function Chart({ alert, state, zone }: { readonly alert: AlertJson; readonly state: State; readonly zone: string }) {
  const { t } = useText();
  const charted = chartedOf(alert);
  const sensorId = charted?.evidence.sensorId ?? null;
  if (charted === undefined || sensorId === null) return null;
  const { evidence } = charted;
  const point = alert.subject.kind === 'point' ? state.points.get(alert.subject.id) : undefined;
  const sensor = point?.sensors.find((one) => one.id === sensorId);
  const windowMs = evidence.windowMs ?? 0;
  return (
    <ReadingsChart
      title={t('chart')}
      zone={zone}
      sensorId={sensorId}
      quantity={evidence.quantity as QuantityCode}
      measure={measureKind(evidence.measure)}
      windowMs={evidence.windowMs}
      // A model's limits are in a unit of its own; its inputs are shown as they were measured.
      limits={evidence.figure === undefined ? evidence.limits : []}
      fromMs={alert.raisedAtMs - windowMs - BEFORE_MS}
      toMs={alert.closedAt === null ? null : Date.parse(alert.closedAt) + HOUR_MS}
      newest={sensor?.latest ?? null}
      gapMs={sensor?.staleAfterMs ?? 15 * 60_000}
    />
  );
}

function Recipients({
  alert,
  deliveries,
}: {
  readonly alert: AlertJson;
  readonly deliveries: readonly DeliveryJson[];
}) {
  const { t, s } = useText();
  /** `*` stands for all who are told in that round. */
  const sentTo = (personId: string): string =>
    deliveries
      .filter((delivery) => delivery.personId === personId && delivery.round === alert.round)
      .map((delivery) => `${delivery.channel} ${s(DELIVERY[delivery.state])}`)
      .join('，');
  return (
    <>
      <h3>
        {t('recipients')} <b>{alert.recipients.length}</b>
      </h3>
      {sentTo('*') !== '' && (
        <p className="hint">
          {t('delivery')}：{sentTo('*')}
        </p>
      )}
      <table className="recipients">
        <thead>
          <tr>
            <th scope="col">{t('name')}</th>
            <th scope="col">{t('tier')}</th>
            <th scope="col">{t('reason')}</th>
          </tr>
        </thead>
        <tbody>
          {alert.recipients.map((recipient) => (
            <tr key={`${recipient.personId} ${recipient.gridCode} ${recipient.post}`}>
              <td>
                <b>{recipient.name}</b>
                <small>{s(POST[recipient.post])}</small>
              </td>
              <td>{s(TIER[recipient.tier])}</td>
              <td>
                {s(recipient.reasonText)}
                <small>{sentTo(recipient.personId)}</small>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function Timeline({ events, zone }: { readonly events: readonly EventJson[]; readonly zone: string }) {
  const { t, s } = useText();
  const byText = ({ by, byName }: EventJson): string => {
    const part = Object.hasOwn(PART, by) ? PART[by] : undefined;
    return part === undefined ? byName : s(part);
  };
  return (
    <>
      <h3>{t('timeline')}</h3>
      <ol className="timeline">
        {[...events].reverse().map((event) => (
          <li key={event.seq} className={event.kind}>
            <time className="number">{timeText(event.atMs, zone)}</time>
            <div>
              <b>{s(EVENT[event.kind])}</b> <small>{byText(event)}</small>
              <p>{s(event.textBoth)}</p>
            </div>
          </li>
        ))}
      </ol>
    </>
  );
}

export function AlertDetail({ alert, state, zone, back }: Props) {
  const { t, s } = useText();
  const { events, deliveries } = useLedger(alert);
  return (
    <section className="panel detail" aria-label={s(alert.subjectName)}>
      <div className={`panel-head level ${alert.level}`}>
        <button type="button" className="plain" onClick={back}>
          ← {t('back')}
        </button>
        <OriginMark origin={alert.origin} />
        <LevelBadge level={alert.level} />
      </div>
      <h2>
        {s(alert.subjectName)} · {s(HAZARD[alert.hazard])}
      </h2>
      <p className="place">
        {s(alert.gridName)} · {dayTimeText(alert.raisedAtMs, zone)} {t('raised')}
      </p>
      <p>
        <span className={`chip ${alert.lifecycle}`} data-test="lifecycle">
          {s(LIFECYCLE[alert.lifecycle])}
        </span>
        <span className={`chip ${alert.condition}`}>{s(CONDITION[alert.condition])}</span>
        {alert.acknowledged !== null && (
          <span className="by">
            {t('acknowledgedBy')} {alert.acknowledged.name} {dayTimeText(alert.acknowledged.atMs, zone)}
          </span>
        )}
      </p>
      <Actions alert={alert} />
      <Why alert={alert} zone={zone} />
      <Chart alert={alert} state={state} zone={zone} />
      <Recipients alert={alert} deliveries={deliveries} />
      <Timeline events={events} zone={zone} />
    </section>
  );
}
