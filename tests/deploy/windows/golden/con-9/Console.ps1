# Local policy of con-9, rendered by Watchfloor on 2026-03-01. Windows PowerShell 5.1, as administrator:
#   .\Console.ps1            compares and changes nothing
#   .\Console.ps1 -Apply     makes it so
param([switch]$Apply)
$ErrorActionPreference = 'Stop'

Configuration WatchfloorConsole {
    Import-DscResource -ModuleName PSDesiredStateConfiguration
    Node 'localhost' {
        Registry 'Title of the banner (LegalNoticeCaption)' {
            Key       = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System'
            ValueName = 'LegalNoticeCaption'
            ValueType = 'String'
            ValueData = 'Tiny'
            Ensure    = 'Present'
            Force     = $true
        }
        Registry 'Banner before login (LegalNoticeText)' {
            Key       = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System'
            ValueName = 'LegalNoticeText'
            ValueType = 'String'
            ValueData = 'This is a restricted law enforcement system. By using it you agree that
you are entering a restricted information system, that your use may be
monitored, recorded and audited, that unauthorized use is prohibited and
may lead to criminal and civil penalties, and that use of this system is
consent to monitoring and recording.'
            Ensure    = 'Present'
            Force     = $true
        }
        Registry 'Idle lock (InactivityTimeoutSecs)' {
            Key       = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System'
            ValueName = 'InactivityTimeoutSecs'
            ValueType = 'Dword'
            ValueData = '0'
            Ensure    = 'Present'
            Force     = $true
        }
        Registry 'No name of the last user (DontDisplayLastUserName)' {
            Key       = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System'
            ValueName = 'DontDisplayLastUserName'
            ValueType = 'Dword'
            ValueData = '1'
            Ensure    = 'Present'
            Force     = $true
        }
        Registry 'User account control (EnableLUA)' {
            Key       = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System'
            ValueName = 'EnableLUA'
            ValueType = 'Dword'
            ValueData = '1'
            Ensure    = 'Present'
            Force     = $true
        }
        Registry 'No elevation for operators (ConsentPromptBehaviorUser)' {
            Key       = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System'
            ValueName = 'ConsentPromptBehaviorUser'
            ValueType = 'Dword'
            ValueData = '0'
            Ensure    = 'Present'
            Force     = $true
        }
        Registry 'NTLMv2 alone (LmCompatibilityLevel)' {
            Key       = 'HKLM:\SYSTEM\CurrentControlSet\Control\Lsa'
            ValueName = 'LmCompatibilityLevel'
            ValueType = 'Dword'
            ValueData = '5'
            Ensure    = 'Present'
            Force     = $true
        }
        Registry 'No LM hashes (NoLMHash)' {
            Key       = 'HKLM:\SYSTEM\CurrentControlSet\Control\Lsa'
            ValueName = 'NoLMHash'
            ValueType = 'Dword'
            ValueData = '1'
            Ensure    = 'Present'
            Force     = $true
        }
        Registry 'No anonymous listing (RestrictAnonymous)' {
            Key       = 'HKLM:\SYSTEM\CurrentControlSet\Control\Lsa'
            ValueName = 'RestrictAnonymous'
            ValueType = 'Dword'
            ValueData = '1'
            Ensure    = 'Present'
            Force     = $true
        }
        Registry 'Protected credentials (RunAsPPL)' {
            Key       = 'HKLM:\SYSTEM\CurrentControlSet\Control\Lsa'
            ValueName = 'RunAsPPL'
            ValueType = 'Dword'
            ValueData = '1'
            Ensure    = 'Present'
            Force     = $true
        }
        Registry 'Audit by subcategory (SCENoApplyLegacyAuditPolicy)' {
            Key       = 'HKLM:\SYSTEM\CurrentControlSet\Control\Lsa'
            ValueName = 'SCENoApplyLegacyAuditPolicy'
            ValueType = 'Dword'
            ValueData = '1'
            Ensure    = 'Present'
            Force     = $true
        }
        Registry 'USB storage off (Start)' {
            Key       = 'HKLM:\SYSTEM\CurrentControlSet\Services\USBSTOR'
            ValueName = 'Start'
            ValueType = 'Dword'
            ValueData = '4'
            Ensure    = 'Present'
            Force     = $true
        }
        Registry 'Autorun off (NoDriveTypeAutoRun)' {
            Key       = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\Explorer'
            ValueName = 'NoDriveTypeAutoRun'
            ValueType = 'Dword'
            ValueData = '255'
            Ensure    = 'Present'
            Force     = $true
        }
        Registry 'Remote desktop off (fDenyTSConnections)' {
            Key       = 'HKLM:\SYSTEM\CurrentControlSet\Control\Terminal Server'
            ValueName = 'fDenyTSConnections'
            ValueType = 'Dword'
            ValueData = '1'
            Ensure    = 'Present'
            Force     = $true
        }
        Registry 'Remote assistance off (fAllowToGetHelp)' {
            Key       = 'HKLM:\SYSTEM\CurrentControlSet\Control\Remote Assistance'
            ValueName = 'fAllowToGetHelp'
            ValueType = 'Dword'
            ValueData = '0'
            Ensure    = 'Present'
            Force     = $true
        }
        Registry 'SMB version 1 off (SMB1)' {
            Key       = 'HKLM:\SYSTEM\CurrentControlSet\Services\LanmanServer\Parameters'
            ValueName = 'SMB1'
            ValueType = 'Dword'
            ValueData = '0'
            Ensure    = 'Present'
            Force     = $true
        }
        Registry 'LLMNR off (EnableMulticast)' {
            Key       = 'HKLM:\SOFTWARE\Policies\Microsoft\Windows NT\DNSClient'
            ValueName = 'EnableMulticast'
            ValueType = 'Dword'
            ValueData = '0'
            Ensure    = 'Present'
            Force     = $true
        }
        Registry 'Firewall, domain networks (EnableFirewall)' {
            Key       = 'HKLM:\SOFTWARE\Policies\Microsoft\WindowsFirewall\DomainProfile'
            ValueName = 'EnableFirewall'
            ValueType = 'Dword'
            ValueData = '1'
            Ensure    = 'Present'
            Force     = $true
        }
        Registry 'Firewall, domain networks (DefaultInboundAction)' {
            Key       = 'HKLM:\SOFTWARE\Policies\Microsoft\WindowsFirewall\DomainProfile'
            ValueName = 'DefaultInboundAction'
            ValueType = 'Dword'
            ValueData = '1'
            Ensure    = 'Present'
            Force     = $true
        }
        Registry 'Firewall, private networks (EnableFirewall)' {
            Key       = 'HKLM:\SOFTWARE\Policies\Microsoft\WindowsFirewall\PrivateProfile'
            ValueName = 'EnableFirewall'
            ValueType = 'Dword'
            ValueData = '1'
            Ensure    = 'Present'
            Force     = $true
        }
        Registry 'Firewall, private networks (DefaultInboundAction)' {
            Key       = 'HKLM:\SOFTWARE\Policies\Microsoft\WindowsFirewall\PrivateProfile'
            ValueName = 'DefaultInboundAction'
            ValueType = 'Dword'
            ValueData = '1'
            Ensure    = 'Present'
            Force     = $true
        }
        Registry 'Firewall, public networks (EnableFirewall)' {
            Key       = 'HKLM:\SOFTWARE\Policies\Microsoft\WindowsFirewall\PublicProfile'
            ValueName = 'EnableFirewall'
            ValueType = 'Dword'
            ValueData = '1'
            Ensure    = 'Present'
            Force     = $true
        }
        Registry 'Firewall, public networks (DefaultInboundAction)' {
            Key       = 'HKLM:\SOFTWARE\Policies\Microsoft\WindowsFirewall\PublicProfile'
            ValueName = 'DefaultInboundAction'
            ValueType = 'Dword'
            ValueData = '1'
            Ensure    = 'Present'
            Force     = $true
        }
        Registry 'Security log, KiB (MaxSize)' {
            Key       = 'HKLM:\SOFTWARE\Policies\Microsoft\Windows\EventLog\Security'
            ValueName = 'MaxSize'
            ValueType = 'Dword'
            ValueData = '1048576'
            Ensure    = 'Present'
            Force     = $true
        }
        Registry 'Time servers (NtpServer)' {
            Key       = 'HKLM:\SYSTEM\CurrentControlSet\Services\W32Time\Parameters'
            ValueName = 'NtpServer'
            ValueType = 'String'
            ValueData = '10.9.1.51,0x9 10.9.1.52,0x9'
            Ensure    = 'Present'
            Force     = $true
        }
        Registry 'Time by NTP (Type)' {
            Key       = 'HKLM:\SYSTEM\CurrentControlSet\Services\W32Time\Parameters'
            ValueName = 'Type'
            ValueType = 'String'
            ValueData = 'NTP'
            Ensure    = 'Present'
            Force     = $true
        }
        Script 'Account policy' {
            GetScript  = { @{ Result = 'account-policy.inf' } }
            TestScript = {
                $now = Join-Path $env:TEMP 'watchfloor-now.inf'
                secedit.exe /export /cfg $now /areas SECURITYPOLICY /quiet | Out-Null
                $lines = Get-Content -LiteralPath $now | ForEach-Object { $_ -replace '\s', '' }
                Remove-Item -LiteralPath $now -Force
                $wanted = @('MinimumPasswordLength=14', 'PasswordComplexity=1', 'PasswordHistorySize=24', 'MaximumPasswordAge=365', 'MinimumPasswordAge=1', 'ClearTextPassword=0', 'LockoutBadCount=5', 'ResetLockoutCount=15', 'LockoutDuration=-1', 'EnableGuestAccount=0')
                -not ($wanted | Where-Object { $lines -notcontains $_ })
            }
            SetScript  = {
                $database = Join-Path $env:TEMP 'watchfloor.sdb'
                secedit.exe /configure /db $database /cfg (Join-Path $env:ProgramData 'Watchfloor\Console\account-policy.inf') /overwrite /areas SECURITYPOLICY /quiet | Out-Null
                if ($LASTEXITCODE -gt 3) { throw "secedit ended with $LASTEXITCODE" }
            }
        }
        Script 'Audit Logon' {
            GetScript  = { @{ Result = '0CCE9215-69AE-11D9-BED3-505054503030' } }
            TestScript = {
                auditpol.exe /backup /file:"$env:TEMP\watchfloor-audit.csv" | Out-Null
                $line = Get-Content -LiteralPath "$env:TEMP\watchfloor-audit.csv" | Where-Object { $_ -match '0CCE9215-69AE-11D9-BED3-505054503030' } | Select-Object -First 1
                Remove-Item -LiteralPath "$env:TEMP\watchfloor-audit.csv" -Force
                $line -match ',3$'
            }
            SetScript  = {
                auditpol.exe /set '/subcategory:{0CCE9215-69AE-11D9-BED3-505054503030}' /success:enable /failure:enable | Out-Null
                if ($LASTEXITCODE) { throw "auditpol ended with $LASTEXITCODE" }
            }
        }
        Script 'Audit Logoff' {
            GetScript  = { @{ Result = '0CCE9216-69AE-11D9-BED3-505054503030' } }
            TestScript = {
                auditpol.exe /backup /file:"$env:TEMP\watchfloor-audit.csv" | Out-Null
                $line = Get-Content -LiteralPath "$env:TEMP\watchfloor-audit.csv" | Where-Object { $_ -match '0CCE9216-69AE-11D9-BED3-505054503030' } | Select-Object -First 1
                Remove-Item -LiteralPath "$env:TEMP\watchfloor-audit.csv" -Force
                $line -match ',3$'
            }
            SetScript  = {
                auditpol.exe /set '/subcategory:{0CCE9216-69AE-11D9-BED3-505054503030}' /success:enable /failure:enable | Out-Null
                if ($LASTEXITCODE) { throw "auditpol ended with $LASTEXITCODE" }
            }
        }
        Script 'Audit Account Lockout' {
            GetScript  = { @{ Result = '0CCE9217-69AE-11D9-BED3-505054503030' } }
            TestScript = {
                auditpol.exe /backup /file:"$env:TEMP\watchfloor-audit.csv" | Out-Null
                $line = Get-Content -LiteralPath "$env:TEMP\watchfloor-audit.csv" | Where-Object { $_ -match '0CCE9217-69AE-11D9-BED3-505054503030' } | Select-Object -First 1
                Remove-Item -LiteralPath "$env:TEMP\watchfloor-audit.csv" -Force
                $line -match ',3$'
            }
            SetScript  = {
                auditpol.exe /set '/subcategory:{0CCE9217-69AE-11D9-BED3-505054503030}' /success:enable /failure:enable | Out-Null
                if ($LASTEXITCODE) { throw "auditpol ended with $LASTEXITCODE" }
            }
        }
        Script 'Audit Special Logon' {
            GetScript  = { @{ Result = '0CCE921B-69AE-11D9-BED3-505054503030' } }
            TestScript = {
                auditpol.exe /backup /file:"$env:TEMP\watchfloor-audit.csv" | Out-Null
                $line = Get-Content -LiteralPath "$env:TEMP\watchfloor-audit.csv" | Where-Object { $_ -match '0CCE921B-69AE-11D9-BED3-505054503030' } | Select-Object -First 1
                Remove-Item -LiteralPath "$env:TEMP\watchfloor-audit.csv" -Force
                $line -match ',3$'
            }
            SetScript  = {
                auditpol.exe /set '/subcategory:{0CCE921B-69AE-11D9-BED3-505054503030}' /success:enable /failure:enable | Out-Null
                if ($LASTEXITCODE) { throw "auditpol ended with $LASTEXITCODE" }
            }
        }
        Script 'Audit User Account Management' {
            GetScript  = { @{ Result = '0CCE9235-69AE-11D9-BED3-505054503030' } }
            TestScript = {
                auditpol.exe /backup /file:"$env:TEMP\watchfloor-audit.csv" | Out-Null
                $line = Get-Content -LiteralPath "$env:TEMP\watchfloor-audit.csv" | Where-Object { $_ -match '0CCE9235-69AE-11D9-BED3-505054503030' } | Select-Object -First 1
                Remove-Item -LiteralPath "$env:TEMP\watchfloor-audit.csv" -Force
                $line -match ',3$'
            }
            SetScript  = {
                auditpol.exe /set '/subcategory:{0CCE9235-69AE-11D9-BED3-505054503030}' /success:enable /failure:enable | Out-Null
                if ($LASTEXITCODE) { throw "auditpol ended with $LASTEXITCODE" }
            }
        }
        Script 'Audit Security Group Management' {
            GetScript  = { @{ Result = '0CCE9237-69AE-11D9-BED3-505054503030' } }
            TestScript = {
                auditpol.exe /backup /file:"$env:TEMP\watchfloor-audit.csv" | Out-Null
                $line = Get-Content -LiteralPath "$env:TEMP\watchfloor-audit.csv" | Where-Object { $_ -match '0CCE9237-69AE-11D9-BED3-505054503030' } | Select-Object -First 1
                Remove-Item -LiteralPath "$env:TEMP\watchfloor-audit.csv" -Force
                $line -match ',3$'
            }
            SetScript  = {
                auditpol.exe /set '/subcategory:{0CCE9237-69AE-11D9-BED3-505054503030}' /success:enable /failure:enable | Out-Null
                if ($LASTEXITCODE) { throw "auditpol ended with $LASTEXITCODE" }
            }
        }
        Script 'Audit Audit Policy Change' {
            GetScript  = { @{ Result = '0CCE922F-69AE-11D9-BED3-505054503030' } }
            TestScript = {
                auditpol.exe /backup /file:"$env:TEMP\watchfloor-audit.csv" | Out-Null
                $line = Get-Content -LiteralPath "$env:TEMP\watchfloor-audit.csv" | Where-Object { $_ -match '0CCE922F-69AE-11D9-BED3-505054503030' } | Select-Object -First 1
                Remove-Item -LiteralPath "$env:TEMP\watchfloor-audit.csv" -Force
                $line -match ',3$'
            }
            SetScript  = {
                auditpol.exe /set '/subcategory:{0CCE922F-69AE-11D9-BED3-505054503030}' /success:enable /failure:enable | Out-Null
                if ($LASTEXITCODE) { throw "auditpol ended with $LASTEXITCODE" }
            }
        }
        Script 'Audit Authentication Policy Change' {
            GetScript  = { @{ Result = '0CCE9230-69AE-11D9-BED3-505054503030' } }
            TestScript = {
                auditpol.exe /backup /file:"$env:TEMP\watchfloor-audit.csv" | Out-Null
                $line = Get-Content -LiteralPath "$env:TEMP\watchfloor-audit.csv" | Where-Object { $_ -match '0CCE9230-69AE-11D9-BED3-505054503030' } | Select-Object -First 1
                Remove-Item -LiteralPath "$env:TEMP\watchfloor-audit.csv" -Force
                $line -match ',3$'
            }
            SetScript  = {
                auditpol.exe /set '/subcategory:{0CCE9230-69AE-11D9-BED3-505054503030}' /success:enable /failure:enable | Out-Null
                if ($LASTEXITCODE) { throw "auditpol ended with $LASTEXITCODE" }
            }
        }
        Script 'Audit Sensitive Privilege Use' {
            GetScript  = { @{ Result = '0CCE9228-69AE-11D9-BED3-505054503030' } }
            TestScript = {
                auditpol.exe /backup /file:"$env:TEMP\watchfloor-audit.csv" | Out-Null
                $line = Get-Content -LiteralPath "$env:TEMP\watchfloor-audit.csv" | Where-Object { $_ -match '0CCE9228-69AE-11D9-BED3-505054503030' } | Select-Object -First 1
                Remove-Item -LiteralPath "$env:TEMP\watchfloor-audit.csv" -Force
                $line -match ',3$'
            }
            SetScript  = {
                auditpol.exe /set '/subcategory:{0CCE9228-69AE-11D9-BED3-505054503030}' /success:enable /failure:enable | Out-Null
                if ($LASTEXITCODE) { throw "auditpol ended with $LASTEXITCODE" }
            }
        }
        Script 'Audit Security State Change' {
            GetScript  = { @{ Result = '0CCE9210-69AE-11D9-BED3-505054503030' } }
            TestScript = {
                auditpol.exe /backup /file:"$env:TEMP\watchfloor-audit.csv" | Out-Null
                $line = Get-Content -LiteralPath "$env:TEMP\watchfloor-audit.csv" | Where-Object { $_ -match '0CCE9210-69AE-11D9-BED3-505054503030' } | Select-Object -First 1
                Remove-Item -LiteralPath "$env:TEMP\watchfloor-audit.csv" -Force
                $line -match ',3$'
            }
            SetScript  = {
                auditpol.exe /set '/subcategory:{0CCE9210-69AE-11D9-BED3-505054503030}' /success:enable /failure:enable | Out-Null
                if ($LASTEXITCODE) { throw "auditpol ended with $LASTEXITCODE" }
            }
        }
        Script 'Audit Process Creation' {
            GetScript  = { @{ Result = '0CCE922B-69AE-11D9-BED3-505054503030' } }
            TestScript = {
                auditpol.exe /backup /file:"$env:TEMP\watchfloor-audit.csv" | Out-Null
                $line = Get-Content -LiteralPath "$env:TEMP\watchfloor-audit.csv" | Where-Object { $_ -match '0CCE922B-69AE-11D9-BED3-505054503030' } | Select-Object -First 1
                Remove-Item -LiteralPath "$env:TEMP\watchfloor-audit.csv" -Force
                $line -match ',3$'
            }
            SetScript  = {
                auditpol.exe /set '/subcategory:{0CCE922B-69AE-11D9-BED3-505054503030}' /success:enable /failure:enable | Out-Null
                if ($LASTEXITCODE) { throw "auditpol ended with $LASTEXITCODE" }
            }
        }
        Script 'Audit Removable Storage' {
            GetScript  = { @{ Result = '0CCE9245-69AE-11D9-BED3-505054503030' } }
            TestScript = {
                auditpol.exe /backup /file:"$env:TEMP\watchfloor-audit.csv" | Out-Null
                $line = Get-Content -LiteralPath "$env:TEMP\watchfloor-audit.csv" | Where-Object { $_ -match '0CCE9245-69AE-11D9-BED3-505054503030' } | Select-Object -First 1
                Remove-Item -LiteralPath "$env:TEMP\watchfloor-audit.csv" -Force
                $line -match ',3$'
            }
            SetScript  = {
                auditpol.exe /set '/subcategory:{0CCE9245-69AE-11D9-BED3-505054503030}' /success:enable /failure:enable | Out-Null
                if ($LASTEXITCODE) { throw "auditpol ended with $LASTEXITCODE" }
            }
        }
    }
}

# The engine runs as SYSTEM, which sees neither shares nor this user's folders. It is asked through CIM, because
# Start-DscConfiguration would need a listener of WinRM's, which a console has not.
$folder = Join-Path $env:ProgramData 'Watchfloor\Console'
New-Item -ItemType Directory -Path $folder -Force | Out-Null
Copy-Item -LiteralPath (Join-Path $PSScriptRoot 'account-policy.inf') -Destination $folder -Force
WatchfloorConsole -OutputPath $folder | Out-Null
$mof = [IO.File]::ReadAllBytes((Join-Path $folder 'localhost.mof'))
$data = [byte[]]([BitConverter]::GetBytes([uint32]($mof.Length + 4)) + $mof)
$engine = @{ Namespace = 'root/Microsoft/Windows/DesiredStateConfiguration'; ClassName = 'MSFT_DSCLocalConfigurationManager' }
if ($Apply) {
    Invoke-CimMethod @engine -MethodName SendConfigurationApply -Arguments @{ ConfigurationData = $data; force = $true } | Out-Null
}
$result = Invoke-CimMethod @engine -MethodName TestConfiguration -Arguments @{ configurationData = $data }
$result.ResourcesNotInDesiredState | ForEach-Object { Write-Output "differs: $($_.ResourceId)" }
if (-not $result.InDesiredState) { exit 2 }
Write-Output 'as wanted'
