import { defineTexts } from '../i18n/i18n.ts'

export const TEXTS = defineTexts(
  'sign-in',
  {
    username: 'User name',
    password: 'Password',
    signIn: 'Sign in',
    wrong: 'The user name or the password is wrong.',
    unreachable: 'The broker does not answer. Is it running?',
    mustChange: 'This is the first password, which everybody knows. Please choose another one.',
    expired: 'Your session has ended. Sign in again: you go on where you were.',
    newPassword: 'New password',
    repeat: 'New password, once more',
    tooShort: 'At least 8 characters.',
    differs: 'The two passwords differ.',
    changePassword: 'Change the password and go on',
  },
  {
    username: '用户名',
    password: '密码',
    signIn: '登录',
    wrong: '用户名或密码错误。',
    unreachable: '无法连接到服务器，请检查其是否在运行。',
    mustChange: '您正在使用初始密码，请设置新密码后继续。',
    expired: '会话已结束，请重新登录，之后会回到原来的页面。',
    newPassword: '新密码',
    repeat: '确认新密码',
    tooShort: '至少 8 个字符。',
    differs: '两次输入的密码不一致。',
    changePassword: '修改密码并继续',
  },
)
