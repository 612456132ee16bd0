import { createContext } from 'react';
import type { Language } from './index.ts';

/** Changes the language of all pages. */
export const LanguageSwitch = createContext<(language: Language) => void>(() => undefined);
