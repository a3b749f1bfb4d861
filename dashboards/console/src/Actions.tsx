/** What a person can do to an alert; the server decides whether he may, and its refusal is shown. */
import { useState } from 'react';
import type { Text } from '#model/text.ts';
import { type AlertJson, call } from './api.ts';
import { useText } from './language.ts';
import { isOpen, takeAlert } from './store.ts';
import type { UiKey } from './texts.ts';

type Action = 'acknowledge' | 'handle' | 'close' | 'false-alarm' | 'note';
type Outcome = { readonly kind: 'text'; readonly key: UiKey } | { readonly kind: 'said'; readonly message: Text };

const REFUSALS: { readonly [kind: string]: UiKey } = { outsideGrid: 'outsideGrid', wrongPost: 'wrongPost' };

async function act(alert: AlertJson, action: Action, note: string): Promise<Outcome> {
  const path = `/api/v1/alerts/${encodeURIComponent(alert.id)}/${action}`;
  const answer = await call<AlertJson>('POST', path, { note });
  if (answer.ok) {
    if (answer.status === 202) return { kind: 'text', key: 'queued' };
    takeAlert(answer.body);
    return { kind: 'text', key: 'done' };
  }
  if (answer.kind === 'refused')
    return { kind: 'said', message: answer.text ?? { zh: answer.message, en: answer.message } };
  return { kind: 'text', key: REFUSALS[answer.kind] ?? 'failed' };
}

export function Actions({ alert }: { readonly alert: AlertJson }) {
  const { t, s } = useText();
  const [note, setNote] = useState('');
  const [busy, setBusy] = useState(false);
  const [sure, setSure] = useState<Action | null>(null);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  if (!isOpen(alert)) return null;

  const run = async (action: Action) => {
    // Ending an alert takes two presses.
    if ((action === 'close' || action === 'false-alarm') && sure !== action) {
      setSure(action);
      return;
    }
    setSure(null);
    setBusy(true);
    const result = await act(alert, action, note);
    setBusy(false);
    setOutcome(result);
    if (result.kind === 'text' && result.key === 'done') setNote('');
  };
  const button = (action: Action, label: UiKey, style: string, disabled = false) => (
    <button
      type="button"
      className={style}
      disabled={busy || disabled}
      onClick={() => run(action)}
      data-action={action}
    >
      {t(label)}
    </button>
  );
  return (
    <fieldset className="actions">
      <legend>{t('actions')}</legend>
      <textarea
        aria-label={t('note')}
        placeholder={t('note')}
        rows={1}
        maxLength={2_000}
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
      />
      <div className="buttons">
        {alert.lifecycle === 'raised' && button('acknowledge', 'acknowledge', 'primary')}
        {button(
          'handle',
          'handle',
          alert.lifecycle === 'acknowledged' ? 'primary' : '',
          alert.lifecycle === 'handling',
        )}
        {button('close', sure === 'close' ? 'sureClose' : 'close', sure === 'close' ? 'danger' : '')}
        {button(
          'false-alarm',
          sure === 'false-alarm' ? 'sureFalse' : 'falseAlarm',
          sure === 'false-alarm' ? 'danger' : '',
        )}
        {button('note', 'addNote', '', note === '')}
      </div>
      <p className="outcome" role="status">
        {outcome === null ? '' : outcome.kind === 'said' ? s(outcome.message) : t(outcome.key)}
      </p>
    </fieldset>
  );
}
