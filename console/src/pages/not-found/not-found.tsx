import { Link } from '@tanstack/react-router';
import { Empty, Head } from '../../parts/section.tsx';
import { pageTexts, useTexts } from '../../text/index.ts';

const texts = pageTexts({
  title: ['There is no such page', 'Diese Seite gibt es nicht'],
  why: [
    'Its address is wrong, or the page is not for this account. Choose one at the side.',
    'Die Adresse stimmt nicht, oder die Seite ist nicht für dieses Konto. Wähle eine an der Seite.',
  ],
});

/** An address of the console without a page. */
export function NotFound() {
  const { say } = useTexts(texts);
  return (
    <>
      <Head title={say('title')} />
      <Empty
        way={
          <Link className="link" to="/">
            {say('nav.home')}
          </Link>
        }
      >
        {say('why')}
      </Empty>
    </>
  );
}
