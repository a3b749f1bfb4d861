/** The sign-in form. */
import { type FormEvent, useState } from 'react';
import { Beacon } from './Beacon.tsx';
import { useLang, useText } from './language.ts';
import { signIn } from './store.ts';
import type { UiKey } from './texts.ts';

export function SignIn({ switchLang }: { readonly switchLang: () => void }) {
  const { t } = useText();
  const lang = useLang();
  const [problem, setProblem] = useState<UiKey | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    const outcome = await signIn(String(form.get('user')).trim(), String(form.get('password')));
    setBusy(false);
    setProblem(outcome === 'ok' ? null : outcome);
  };
  return (
    <main className="sign-in">
      <section className="sign-in-brand">
        <Beacon size={72} />
        <h1>烽燧</h1>
        <p className="sign-in-latin">FENGSUI</p>
        <p>{t('motto')}</p>
      </section>
      <form className="sign-in-form" onSubmit={submit}>
        <h2>{t('signInTitle')}</h2>
        <label>
          {t('user')}
          <input name="user" autoComplete="username" required maxLength={64} />
        </label>
        <label>
          {t('password')}
          <input name="password" type="password" autoComplete="current-password" required maxLength={200} />
        </label>
        <p className="problem" role="alert">
          {problem === null ? '' : t(problem)}
        </p>
        <button type="submit" className="primary" disabled={busy}>
          {t('signIn')}
        </button>
        <button type="button" className="plain" onClick={switchLang} data-test="lang">
          {lang === 'zh' ? 'English' : '中文'}
        </button>
      </form>
    </main>
  );
}
