/** The page: signed out it asks who one is, signed in it shows the county. */
import { useEffect, useState, useSyncExternalStore } from 'react';
import type { Lang } from '#model/text.ts';
import { Desk } from './Desk.tsx';
import { LangContext, storedLang, storeLang } from './language.ts';
import { SignIn } from './SignIn.tsx';
import { checkSession, getState, subscribe } from './store.ts';
import { useHash, Work, workPlace } from './work/Work.tsx';

export function App() {
  const state = useSyncExternalStore(subscribe, getState);
  const [lang, setLang] = useState<Lang>(storedLang);
  useEffect(() => storeLang(lang), [lang]);
  useEffect(() => {
    let retry: ReturnType<typeof setTimeout> | undefined;
    const ask = async () => {
      await checkSession();
      // The server was away: ask again until it says who we are.
      if (getState().phase === 'starting') retry = setTimeout(ask, 2_000);
    };
    void ask();
    return () => clearTimeout(retry);
  }, []);
  const place = workPlace(useHash());
  const switchLang = () => setLang(lang === 'zh' ? 'en' : 'zh');
  return (
    <LangContext.Provider value={lang}>
      {state.phase === 'signedOut' && <SignIn switchLang={switchLang} />}
      {state.phase === 'signedIn' &&
        state.me !== null &&
        (place === null ? (
          <Desk state={state} me={state.me} switchLang={switchLang} />
        ) : (
          <Work me={state.me} place={place} switchLang={switchLang} />
        ))}
    </LangContext.Provider>
  );
}
