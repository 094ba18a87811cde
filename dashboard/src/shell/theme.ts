import { theme as antTheme, type ThemeConfig } from 'antd'
import type { Theme } from './preferences.ts'

/** Where the menu stands, in both themes. */
export const SIDE_BACKGROUND = '#0b2530'

const LIGHT: ThemeConfig = {
  algorithm: antTheme.defaultAlgorithm,
  token: {
    colorPrimary: '#0b6e8f',
    colorInfo: '#0a5a78',
    colorLink: '#0a6382',
    colorError: '#c62828',
    colorSuccess: '#16713f',
    colorWarning: '#b45309',
    colorBgLayout: '#f2f6f8',
    // What antd derives from dark colours is grey.
    // White text on the button that the pointer is over needs a darker ground, not a lighter one.
    colorPrimaryHover: '#085a76',
    colorPrimaryActive: '#064a61',
    colorPrimaryBg: '#e6f3f8',
    colorPrimaryBgHover: '#d6ebf3',
    controlItemBgActive: '#e0f0f6',
    controlItemBgActiveHover: '#d3eaf3',
    colorInfoBg: '#e6f3f8',
    colorInfoBorder: '#b5d9e6',
    colorWarningBg: '#fff5e2',
    colorWarningBorder: '#f3cf8f',
    colorErrorBg: '#fdeeee',
    colorErrorBorder: '#f1b8b8',
    colorSuccessBg: '#e7f5ed',
    colorSuccessBorder: '#a9d8bf',
    // antd's own greys are too faint to be read by everybody (WCAG 1.4.3).
    colorTextDescription: '#566570',
    colorTextSecondary: '#4d5b65',
    colorTextTertiary: '#566570',
    colorTextPlaceholder: '#667580',
  },
}

const DARK: ThemeConfig = {
  algorithm: antTheme.darkAlgorithm,
  token: {
    colorPrimary: '#3aa7c9',
    colorInfo: '#5cc0de',
    colorLink: '#5cc0de',
    colorError: '#ff7875',
    colorSuccess: '#4cc38a',
    colorWarning: '#f0a83c',
    colorBgBase: '#0c1519',
    colorBgLayout: '#0b1417',
    colorBgContainer: '#132028',
    colorBgElevated: '#1a2a33',
    colorBorder: '#3a505c',
    colorBorderSecondary: '#24353f',
    colorSplit: '#24353f',
    colorTextBase: '#f2f7f9',
    colorTextDescription: '#a3b3bb',
    colorTextSecondary: '#b3c1c8',
    colorTextTertiary: '#a3b3bb',
    colorTextPlaceholder: '#94a5ad',
    // Dark text on light blue: white would be too faint.
    colorTextLightSolid: '#04161d',
  },
}

/** Colours and shapes of everything that antd draws. */
export function themeOf(theme: Theme): ThemeConfig {
  const chosen = theme === 'dark' ? DARK : LIGHT
  return {
    ...chosen,
    token: { ...chosen.token, borderRadius: 8, fontSize: 14 },
    components: {
      Layout: { siderBg: SIDE_BACKGROUND },
      Menu: {
        darkItemBg: SIDE_BACKGROUND,
        darkSubMenuItemBg: SIDE_BACKGROUND,
        darkItemColor: '#b9cdd6',
        darkItemHoverBg: '#123544',
        darkItemSelectedBg: '#0f5a73',
        darkItemSelectedColor: '#ffffff',
        darkGroupTitleColor: '#8fabb8',
        itemHeight: 36,
        itemMarginBlock: 2,
        groupTitleFontSize: 12,
      },
      Table: { headerSplitColor: 'transparent', cellPaddingBlockSM: 9 },
    },
  }
}
