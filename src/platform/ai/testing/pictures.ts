/** Pictures whose heads say a size, and which are as long as they are told: nobody here looks at their pixels. */
function filled(head: Buffer, bytes: number): Buffer {
  const rest = Buffer.alloc(Math.max(0, bytes - head.length));
  for (let at = 0; at < rest.length; at += 1) rest[at] = (at * 7_919 + (at >> 3)) % 251;
  return Buffer.concat([head, rest]);
}

export function png(width: number, height: number, bytes = 100): Buffer {
  const head = Buffer.from('89504e470d0a1a0a0000000d49484452000000000000000008020000000000000', 'hex');
  const sized = Buffer.concat([head, Buffer.alloc(8)]);
  sized.writeUInt32BE(width, 16);
  sized.writeUInt32BE(height, 20);
  return filled(sized, bytes);
}

/** With so many bytes of EXIF before its frame, as cameras write them. */
export function jpeg(width: number, height: number, exif = 2_000): Buffer {
  const marker = Buffer.from([0xff, 0xd8, 0xff, 0xe1, 0, 0]);
  marker.writeUInt16BE(exif + 2, 4);
  const frame = Buffer.from([0xff, 0xc0, 0, 17, 8, 0, 0, 0, 0, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1]);
  frame.writeUInt16BE(height, 5);
  frame.writeUInt16BE(width, 7);
  return Buffer.concat([marker, Buffer.alloc(exif), frame, Buffer.alloc(100)]);
}

export function imagePart(picture: Buffer | string, detail?: 'low' | 'high'): object {
  const url =
    typeof picture === 'string'
      ? picture
      : `data:image/${picture[0] === 0x89 ? 'png' : 'jpeg'};base64,${picture.toString('base64')}`;
  return { type: 'image_url', image_url: { url, ...(detail === undefined ? {} : { detail }) } };
}
