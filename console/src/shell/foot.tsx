import { useMantineColorScheme } from '@mantine/core';
import { use, useState } from 'react';
import { session } from '../session.ts';
import { useTexts } from '../text/index.ts';
import { LanguageSwitch } from '../text/language-switch.ts';

/** The end of the navigation: the docs, how the console looks and speaks, and the way out. */
export function Foot() {
  const { say, language } = useTexts();
  const change = use(LanguageSwitch);
  const { toggleColorScheme } = useMantineColorScheme();
  const [isStuck, setStuck] = useState(false);
  return (
    <>
      <a className="entry docs" href="/docs">
        {say('nav.docs')}
      </a>
      <div className="foot">
        <button type="button" className="quiet" aria-label={say('app.theme')} onClick={toggleColorScheme}>
          ◐
        </button>
        <button
          type="button"
          className="quiet"
          lang={language === 'de' ? 'en' : 'de'}
          onClick={() => change(language === 'de' ? 'en' : 'de')}
        >
          {say('app.language')}
        </button>
        <button
          type="button"
          className="quiet"
          onClick={() => void session.end().then((isOver) => setStuck(!isOver))}
        >
          {say('app.signOut')}
        </button>
        {isStuck && <span role="alert">{say('app.stuck')}</span>}
      </div>
    </>
  );
}
