/** The language of the page: Chinese until somebody switches it, remembered in this browser. */
import { createContext, useContext } from 'react';
import type { Lang, Text } from '#model/text.ts';
import { UI, type UiKey } from './texts.ts';

const KEY = 'fengsui.lang';

export function storedLang(): Lang {
  try {
    return localStorage.getItem(KEY) === 'en' ? 'en' : 'zh';
  } catch {
    return 'zh';
  }
}

export function storeLang(lang: Lang): void {
  document.documentElement.lang = lang === 'zh' ? 'zh-CN' : 'en';
  document.title = UI.title[lang];
  try {
    localStorage.setItem(KEY, lang);
  } catch {
    // A browser that keeps nothing still shows the page.
  }
}

export const LangContext = createContext<Lang>('zh');
export const useLang = (): Lang => useContext(LangContext);

/** Texts of the page by key, and texts that came with the data. */
export function useText(): { readonly t: (key: UiKey) => string; readonly s: (text: Text) => string } {
  const lang = useLang();
  return { t: (key) => UI[key][lang], s: (text) => text[lang] };
}
