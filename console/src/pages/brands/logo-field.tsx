import { Button } from '@mantine/core';
import { useRef } from 'react';
import { useTexts } from '../../text/index.ts';
import { texts } from './texts.ts';

interface LogoFieldProps {
  readonly hasLogo: boolean;
  readonly refused: string | undefined;
  /** Takes an image in base64; null: none. */
  readonly choose: (logo: string | null) => void;
}

/** A file from this machine, which the server looks at: an ending proves nothing. */
export function LogoField({ hasLogo, refused, choose }: LogoFieldProps) {
  const { say } = useTexts(texts);
  const field = useRef<HTMLInputElement>(null);
  return (
    <div className="stack">
      <input
        ref={field}
        type="file"
        hidden
        aria-label={say('logo')}
        accept="image/png,image/jpeg,image/webp"
        onChange={({ currentTarget }) => {
          const [file] = currentTarget.files ?? [];
          if (file !== undefined) void base64Of(file).then(choose);
          // The same one may be chosen again.
          currentTarget.value = '';
        }}
      />
      <span className="row">
        <Button variant="default" onClick={() => field.current?.click()}>
          {say(hasLogo ? 'otherLogo' : 'addLogo')}
        </Button>
        {hasLogo && (
          <Button variant="default" onClick={() => choose(null)}>
            {say('noLogo')}
          </Button>
        )}
      </span>
      {refused === undefined ? (
        <span className="dim">{say('logoHint')}</span>
      ) : (
        <p role="alert" className="worse">
          {refused}
        </p>
      )}
    </div>
  );
}

const base64Of = (file: Blob): Promise<string> =>
  new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener('load', () => {
      const { result } = reader;
      resolve(typeof result === 'string' ? result.slice(result.indexOf(',') + 1) : '');
    });
    reader.addEventListener('error', () => reject(reader.error ?? new Error('This file can’t be read.')));
    reader.readAsDataURL(file);
  });
