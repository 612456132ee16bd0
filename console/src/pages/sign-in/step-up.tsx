import { Button, Modal } from '@mantine/core';
import type { BodyOf } from '@plinth/sdk';
import { PlinthError } from '@plinth/sdk/errors';
import { useState } from 'react';
import { Dialog } from '../../parts/dialog.tsx';
import { apiFor, session } from '../../session.ts';
import type { AskedProof } from '../../step-up.ts';
import { useTexts } from '../../text/index.ts';
import { ProofForm } from './proof.tsx';
import { texts } from './texts.ts';

/** Asks who is there to prove once more who they are: an open session is not enough for what can't be taken back. */
export function StepUp({ asked }: { readonly asked: AskedProof }) {
  const { say } = useTexts(texts);
  const [methods, setMethods] = useState(asked.methods);
  const api = apiFor(undefined);
  const cancel = () => asked.done(new Error(say('stepUp.canceled')));
  return (
    <Dialog label={say('stepUp')} close={cancel}>
      <Modal.Body className="stack">
        <h2>{say('stepUp')}</h2>
        <p>{say(methods.length === 0 ? 'stepUp.again' : 'stepUp.why')}</p>
        {methods.length === 0 ? (
          <Button onClick={() => void session.end()}>{say('stepUp.signIn')}</Button>
        ) : (
          <ProofForm
            key={methods.join()}
            methods={methods}
            submit={say('stepUp.submit')}
            options={() => api.call('POST /v1/auth/step-up/options', {})}
            give={give}
          />
        )}
        <button type="button" className="quiet dim" onClick={cancel}>
          {say('stepUp.cancel')}
        </button>
      </Modal.Body>
    </Dialog>
  );

  async function give(body: BodyOf<'POST /v1/auth/step-up'>): Promise<void> {
    try {
      await api.call('POST /v1/auth/step-up', { body });
      asked.done();
    } catch (error) {
      // A second factor came meanwhile: the password is no proof any more.
      if (error instanceof PlinthError && error.code === 'step_up_required')
        setMethods(error.details['methods'] as readonly string[]);
      throw error;
    }
  }
}
