import { Head } from '../../parts/section.tsx';
import { useTexts } from '../../text/index.ts';
import { Access } from './access.tsx';
import { Factors } from './factors.tsx';
import { Leaving } from './leaving.tsx';
import { Identities, Sessions } from './sessions.tsx';

/** How one signs in, from where one is signed in, and how one leaves. */
export function Security() {
  const { say } = useTexts();
  return (
    <>
      <Head title={say('nav.security')} />
      <Access />
      <Factors />
      <Sessions />
      <Identities />
      <Leaving />
    </>
  );
}
