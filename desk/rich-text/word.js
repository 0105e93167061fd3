// Word documents: mammoth makes HTML of what a document means, and says what it can't tell.

import { convertToHtml, images } from "mammoth";

const STYLES = [
  "p[style-name='Title'] => h1:fresh",
  "p[style-name='Subtitle'] => p:fresh",
  "u => u",
  "strike => s",
];

/** Turn a document (its bytes) into HTML, and give mammoth's messages, and how many pictures there were. */
export async function readWord(bytes) {
  let pictures = 0;
  const { value, messages } = await convertToHtml(
    { arrayBuffer: bytes },
    {
      styleMap: STYLES,
      // A picture is counted, and never read.
      convertImage: images.imgElement(async () => {
        pictures += 1;
        return { src: "" };
      }),
    },
  );
  return { html: value, messages: messages.map(({ message }) => message), pictures };
}
