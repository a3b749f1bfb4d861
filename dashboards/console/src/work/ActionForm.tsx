/** The form of one action: its fields, a second press where it is grave, and what the server says of it. */
import { type FormEvent, useState } from 'react';
import { call, sendFile } from '../api.ts';
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
  if (kind === 'file') return <input id={id} name={name} type="file" required={required} />;
  const type = kind === 'number' ? 'number' : kind === 'instant' ? 'datetime-local' : 'text';
  return <input id={id} name={name} type={type} required={required} defaultValue={initial} />;
}

const valuesOf = (form: FormData): Values =>
  Object.fromEntries([...form.entries()].map(([name, value]) => [name, String(value)]));

type Props = { readonly action: Action; readonly row: Row; readonly done: () => void; readonly leave: () => void };

export function ActionForm({ action, row, done, leave }: Props) {
  const { t, s } = useText();
  const [problem, setProblem] = useState('');
  const [armed, setArmed] = useState(false);
  const [busy, setBusy] = useState(false);
  const [report, setReport] = useState<readonly string[]>([]);
  /** Tried at the first press; taken over at the second, if nothing was changed in between. */
  const upload = async (form: FormData, values: Values) => {
    const file = form.get('file');
    if (action.upload === undefined || !(file instanceof File)) return;
    setBusy(true);
    const answer = await sendFile(action.upload.path(values, file.name, !armed), file);
    setBusy(false);
    if (!answer.ok) {
      setArmed(false);
      return setProblem(answer.message || t('unreachable'));
    }
    if (armed) return done();
    setProblem('');
    setReport(action.upload.report(answer.body, { s }));
    setArmed(true);
  };
  const changed = () => {
    if (action.upload === undefined) return;
    setArmed(false);
    setReport([]);
  };
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (action.upload !== undefined) {
      const form = new FormData(event.currentTarget);
      return upload(form, valuesOf(form));
    }
    if (action.grave === true && !armed) {
      setArmed(true);
      return;
    }
    const values = valuesOf(new FormData(event.currentTarget));
    setBusy(true);
    const answer = await call('POST', action.path(row), action.body(values, row));
    setBusy(false);
    if (answer.ok) return done();
    setProblem(answer.text === undefined ? answer.message || t('unreachable') : s(answer.text));
  };
  return (
    <form className="work-form" onSubmit={submit} onChange={changed} data-action={action.id}>
      <h3>{s(action.label)}</h3>
      {action.fields.map((field) => (
        <div className="work-field" key={field.name}>
          <label htmlFor={`field-${field.name}`}>{s(field.label)}</label>
          <Input field={field} />
        </div>
      ))}
      {report.length > 0 && (
        <ul className="work-report">
          {report.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      )}
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
