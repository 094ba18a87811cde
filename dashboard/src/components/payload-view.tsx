import { Alert, Segmented, theme } from 'antd'
import { useEffect, useState } from 'react'
import { defineTexts, useTexts } from '../i18n/i18n.ts'
import { guessFormat, SHOWN_FORMATS, type ShownFormat, showPayload } from '../format/payload.ts'

const TEXTS = defineTexts(
  'payload',
  { text: 'Text', json: 'JSON', hex: 'Hex', base64: 'Base64', cbor: 'CBOR', format: 'Format' },
  { text: '文本', json: 'JSON', hex: '十六进制', base64: 'Base64', cbor: 'CBOR', format: '格式' },
)

/** The payload of a message, as text, JSON, bytes or CBOR. */
export function PayloadView({ bytes }: { bytes: Uint8Array }) {
  const t = useTexts(TEXTS)
  const { token } = theme.useToken()
  const [format, setFormat] = useState<ShownFormat>(() => guessFormat(bytes))
  const [shown, setShown] = useState({ text: '', problem: '' })
  useEffect(() => {
    let isWanted = true
    showPayload(bytes, format).then(
      (text) => isWanted && setShown({ text, problem: '' }),
      (error: Error) => isWanted && setShown({ text: '', problem: error.message }),
    )
    return () => {
      isWanted = false
    }
  }, [bytes, format])
  return (
    <>
      <Segmented<ShownFormat>
        aria-label={t('format')}
        value={format}
        onChange={setFormat}
        options={SHOWN_FORMATS.map((value) => ({ value, label: t(value) }))}
        style={{ marginBottom: 8, maxWidth: '100%', overflowX: 'auto' }}
      />
      {shown.problem === '' ? (
        <pre
          tabIndex={0}
          style={{
            margin: 0,
            padding: 12,
            maxHeight: 360,
            overflow: 'auto',
            whiteSpace: 'pre-wrap',
            wordBreak: 'break-all',
            background: token.colorFillTertiary,
            borderRadius: token.borderRadius,
          }}
        >
          {shown.text}
        </pre>
      ) : (
        <Alert type="warning" showIcon title={shown.problem} />
      )}
    </>
  )
}
