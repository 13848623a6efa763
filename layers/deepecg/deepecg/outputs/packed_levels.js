"use strict";
// Reads what packed_levels.py writes.

/**
 * The document and the levels in a data element.
 * @param {Element} element @returns {Promise<{document: object, levels: Int32Array}>}
 */
async function unpackLevels(element) {
  const packed = Uint8Array.from(atob(element.textContent), (character) => character.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const begin = 4 + new DataView(bytes.buffer).getUint32(0, true);
  const levels = new Int32Array((bytes.length - begin) / 2);
  for (let i = 0, level = 0; i < levels.length; i++) {
    const step = bytes[begin + i] | (bytes[begin + levels.length + i] << 8);
    level += (step >>> 1) ^ -(step & 1);
    levels[i] = level;
  }
  return { document: JSON.parse(new TextDecoder().decode(bytes.subarray(4, begin))), levels };
}
