/** The work desk: one plain page for each thing that people do beside looking at alerts, chosen by the address. */
import { useEffect, useState } from 'react';
import type { Me } from '../api.ts';
import { useLang, useText } from '../language.ts';
import { signOut } from '../store.ts';
import { PAGES } from './pages.ts';
import { WorkPage } from './WorkPage.tsx';

/** `#/work/PAGE/ID`; null for any other address. */
export function workPlace(hash: string): { readonly page: string; readonly id: string } | null {
  const match = /^#\/work(?:\/([a-z-]+))?(?:\/([^/]+))?$/.exec(hash);
  if (match === null) return null;
  return { page: match[1] ?? PAGES[0]?.id ?? '', id: decodeURIComponent(match[2] ?? '') };
}

export function useHash(): string {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const follow = () => setHash(location.hash);
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  return hash;
}

type Props = {
  readonly me: Me;
  readonly place: { readonly page: string; readonly id: string };
  readonly switchLang: () => void;
};

export function Work({ me, place, switchLang }: Props) {
  const { t, s } = useText();
  const lang = useLang();
  const spec = PAGES.find((page) => page.id === place.page) ?? PAGES[0];
  return (
    <div className="work">
      <header className="bar">
        <h1>
          {s(me.county.name)}
          <small>{t('workDesk')}</small>
        </h1>
        <span className="spring" />
        <a href="#/">{t('dutyDesk')}</a>
        <span className="who">{me.name}</span>
        <button type="button" onClick={switchLang} data-test="lang">
          {lang === 'zh' ? 'English' : '中文'}
        </button>
        <button type="button" onClick={signOut}>
          {t('signOut')}
        </button>
      </header>
      <nav className="work-tabs" aria-label={t('workDesk')}>
        {PAGES.filter((page) => page.hidden !== true).map((page) => (
          <a
            key={page.id}
            href={`#/work/${page.id}`}
            aria-current={page.id === spec?.id || page.id === spec?.under ? 'page' : undefined}
          >
            {s(page.title)}
          </a>
        ))}
      </nav>
      {spec !== undefined && (
        <WorkPage key={`${spec.id} ${place.id}`} spec={spec} id={place.id} zone={me.county.zone} />
      )}
    </div>
  );
}
