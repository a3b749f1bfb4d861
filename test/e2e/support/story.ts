/** The ledger of a village as a story that a test can compare and a person can read. */
import type { AlertEvent } from '#model/alert.ts';
import type { Received } from '#test/chaos/receiver.ts';
import { clockOf, type Village } from './village.ts';

const fact = (event: AlertEvent, key: string): string => String(event.facts[key] ?? '');

/** One line an event; undefined for what goes on behind the scene. */
function lineOf(event: AlertEvent, nameOf: (alertId: string) => string): string | undefined {
  const name = nameOf(event.alertId);
  switch (event.kind) {
    case 'raised':
      return `${name}: raised ${fact(event, 'level')} by the ${fact(event, 'site')}`;
    case 'conditionChanged':
      return `${name}: ${fact(event, 'site')} ${fact(event, 'from')}>${fact(event, 'to')} ${fact(event, 'condition')}`;
    case 'levelChanged':
      return `${name}: level ${fact(event, 'from')}>${fact(event, 'to')}`;
    case 'lateFinding':
      return `${name}: late finding of the ${fact(event, 'site')}: ${fact(event, 'to')}`;
    case 'edgeAct':
      return `${name}: siren ${fact(event, 'act')}${fact(event, 'late') === 'true' ? ', told later' : ''}`;
    case 'targeted':
      return `${name}: ${(event.facts['recipients'] as readonly unknown[]).length} people`;
    case 'closed':
    case 'falseAlarm':
      return `${name}: ${event.kind} by ${event.by}`;
    default:
      return undefined;
  }
}

/** `landslide`, `landslide 2` for the episodes of Taoshuwan, `gateway` for its box; `record` for what belongs to none. */
export function openStory(village: Village) {
  const names = new Map<string, string>();
  const counts = new Map<string, number>();
  const nameOf = (alertId: string): string => {
    const known = names.get(alertId);
    if (known !== undefined) return known;
    const alert = village.chain.alerts.get(alertId);
    const kind = alert === undefined ? 'record' : alert.subject.kind === 'edge' ? alert.subject.id : alert.hazard;
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    const name = count === 1 || alert === undefined ? kind.replace('edge-shiqiao', 'gateway') : `${kind} ${count}`;
    names.set(alertId, name);
    return name;
  };
  let read = 0;
  const told = new Set<Received>();
  const isOurs = (name: string) => !name.startsWith('edge-');
  return {
    /** What came into the ledger since the last call; the order within a step depends on how messages meet. */
    step: (title: string): readonly string[] => {
      const events = village.events().filter(({ seq }) => seq > read);
      read = events.at(-1)?.seq ?? read;
      const lines = events.flatMap((event) => {
        const line = lineOf(event, nameOf);
        return line === undefined || !isOurs(line) ? [] : [{ atMs: event.atMs, line, text: event.text.zh }];
      });
      console.log(
        [`— ${title}`, ...lines.map(({ atMs, line, text }) => `  ${clockOf(atMs)} ${line.padEnd(48)} ${text}`)].join(
          '\n',
        ),
      );
      return lines.map(({ line }) => line);
    },
    /** Messages that people got since the last call, about this village. */
    messages: (): readonly string[] =>
      village.receiver.all.flatMap((received) => {
        if (told.has(received)) return [];
        told.add(received);
        const { change, alert, recipients, text } = received.body as {
          readonly change: string;
          readonly alert: { readonly id: string; readonly level: string };
          readonly recipients: readonly unknown[];
          readonly text: { readonly zh: string };
        };
        const name = nameOf(alert.id);
        if (!isOurs(name)) return [];
        console.log(`  → ${recipients.length} people: ${text.zh}`);
        return [`${name}: ${change} ${alert.level}, ${recipients.length} people`];
      }),
  };
}
