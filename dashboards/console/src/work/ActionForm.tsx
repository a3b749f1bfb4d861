/** The form of one action: its fields, a second press where it is grave, and what the server says of it. */
import { type FormEvent, useState } from 'react';
import { call } from '../api.ts';
import { useText } from '../language.ts';
import type { Action, Field, Row, Values } from './spec.ts';

function Input({ field }: { readonly field: Field }) {
  const { s } = useText();
  const { name, kind, required = false, initial = '' } = field;
  const id = `field-${name}`;
  if (kind === 'choice')
    return (
      <select id={id} name={name} required={required} defaultValue={initial}>
        {(field.choices ?? []).map((choice) => (
          <option key={choice.value} value={choice.value}>
            {s(choice.label)}
          </option>
        ))}
      </select>
    );
  if (kind === 'long') return <textarea id={id} name={name} required={required} defaultValue={initial} rows={4} />;
  const type = kind === 'number' ? 'number' : kind === 'instant' ? 'datetime-local' : 'text';
  return <input id={id} name={name} type={type} required={required} defaultValue={initial} />;
}

type Props = { readonly action: Action; readonly row: Row; readonly done: () => void; readonly leave: () => void };

export function ActionForm({ action, row, done, leave }: Props) {
  const { t, s } = useText();
  const [problem, setProblem] = useState('');
  const [armed, setArmed] = useState(false);
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (action.grave === true && !armed) {
      setArmed(true);
      return;
    }
    const form = new FormData(event.currentTarget);
    const values: Values = Object.fromEntries([...form.entries()].map(([name, value]) => [name, String(value)]));
    setBusy(true);
    const answer = await call('POST', action.path(row), action.body(values, row));
    setBusy(false);
    if (answer.ok) return done();
    setProblem(answer.text === undefined ? answer.message || t('unreachable') : s(answer.text));
  };
  return (
    <form className="work-form" onSubmit={submit} data-action={action.id}>
      <h3>{s(action.label)}</h3>
      {action.fields.map((field) => (
        <div className="work-field" key={field.name}>
          <label htmlFor={`field-${field.name}`}>{s(field.label)}</label>
          <Input field={field} />
        </div>
      ))}
      <p className="problem" role="alert">
        {problem}
      </p>
      <button type="submit" className={armed ? 'danger' : 'primary'} disabled={busy}>
        {armed ? t('confirmAgain') : s(action.label)}
      </button>
      <button type="button" onClick={leave}>
        {t('cancel')}
      </button>
    </form>
  );
}
