import { GlobalOutlined, MoonOutlined, SunOutlined } from '@ant-design/icons'
import { Button, Space } from 'antd'
import { defineTexts, useTexts } from '../i18n/i18n.ts'
import { setPreferences, usePreferences } from '../shell/preferences.ts'

const TEXTS = defineTexts(
  'preferences',
  { dark: 'Dark colours', light: 'Light colours' },
  { dark: '深色主题', light: '浅色主题' },
)

/** Language and colours. */
export function PreferenceSwitches() {
  const t = useTexts(TEXTS)
  const { language, theme } = usePreferences()
  const isDark = theme === 'dark'
  return (
    <Space>
      <Button
        type="text"
        icon={<GlobalOutlined />}
        lang={language === 'zh' ? 'en' : 'zh-CN'}
        onClick={() => setPreferences({ language: language === 'zh' ? 'en' : 'zh' })}
      >
        {language === 'zh' ? 'English' : '简体中文'}
      </Button>
      <Button
        type="text"
        icon={isDark ? <SunOutlined /> : <MoonOutlined />}
        aria-label={isDark ? t('light') : t('dark')}
        title={isDark ? t('light') : t('dark')}
        onClick={() => setPreferences({ theme: isDark ? 'light' : 'dark' })}
      />
    </Space>
  )
}
