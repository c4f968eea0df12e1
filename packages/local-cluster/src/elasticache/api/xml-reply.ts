/** Replies of the query protocol. */
import XMLBuilder from 'fast-xml-builder';

import type { AwsError } from './aws-error.ts';

/** The content of an element: text, elements by name (a list repeats the name), or nothing. */
type XmlContent = string | number | boolean | Date | XmlElements;
export interface XmlElements {
  readonly [name: string]: XmlContent | readonly XmlContent[] | undefined;
}

const NAMESPACE = 'http://elasticache.amazonaws.com/doc/2015-02-02/';
const builder = new XMLBuilder({ ignoreAttributes: false, attributeNamePrefix: '@' });

export function xmlReply(action: string, result: XmlElements, requestId: string): string {
  return build({
    [`${action}Response`]: {
      '@xmlns': NAMESPACE,
      [`${action}Result`]: result,
      ResponseMetadata: { RequestId: requestId },
    },
  });
}

export function xmlError({ code, message, httpStatus }: AwsError, requestId: string): string {
  return build({
    ErrorResponse: {
      '@xmlns': NAMESPACE,
      Error: { Type: httpStatus < 500 ? 'Sender' : 'Receiver', Code: code, Message: message },
      RequestId: requestId,
    },
  });
}

function build(elements: XmlElements): string {
  return builder.build(textual(elements));
}

/** Writes dates as AWS does, and omits elements that are `undefined`. */
function textual(content: XmlContent | readonly XmlContent[]): unknown {
  if (content instanceof Date) return content.toISOString();
  if (typeof content !== 'object') return content;
  if (Array.isArray(content)) return content.map((one: XmlContent) => textual(one));
  return Object.fromEntries(
    Object.entries(content).flatMap(([name, value]) => (value === undefined ? [] : [[name, textual(value)]])),
  );
}
